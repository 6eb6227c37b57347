const tasks = new Set<() => void>();

function runAll(): void {
  for (const task of tasks) {
    try {
      task();
    } catch {
      // The others have their turn; nobody is left to be told.
    }
  }
}

/**
 * Has `task` run as this process ends, however it comes to that short of a crash or a kill; it must not wait for
 * anything. Returns what calls it off. One listener for all: Node warns of an emitter with more than ten.
 */
export function atExit(task: () => void): () => void {
  if (tasks.size === 0) process.on('exit', runAll);
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) process.off('exit', runAll);
  };
}
