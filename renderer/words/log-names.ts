import type { SessionInfo, SourceInfo } from '#shared/contract/messages.ts';

/** The last `parts` parts of a path; all of it where there are no more. */
function tail(path: string, parts: number): string {
  return path.split('/').slice(-parts).join('/');
}

/** The shortest end of a log's path that no other log of the same name ends in. */
function distinctName(source: SourceInfo, others: readonly SourceInfo[]): string {
  const { path } = source;
  if (path === null) return source.name;
  const rivals = others.filter((one) => one.name === source.name && one.path !== null && one.path !== path);
  if (rivals.length === 0) return source.name;
  const depth = path.split('/').length;
  for (let parts = 2; parts < depth; parts += 1) {
    const name = tail(path, parts);
    if (rivals.every((one) => one.path === null || tail(one.path, parts) !== name)) return name;
  }
  return path;
}

/** The session with logs of the same file name, and their disks, told apart by the folders they lie in. */
export function withDistinctNames(session: SessionInfo): SessionInfo {
  const names = new Map(session.sources.map((one) => [one.id, distinctName(one, session.sources)]));
  const sources = session.sources.map((one) => ({ ...one, name: names.get(one.id) ?? one.name }));
  const disks = session.disks.map((disk) => {
    const old = session.sources.find((one) => one.id === disk.source);
    return old !== undefined && old.name === disk.name
      ? { ...disk, name: names.get(old.id) ?? disk.name }
      : disk;
  });
  return { ...session, sources, disks };
}
