import { describe, expect, it } from 'vitest';
import type { DiskAtStake } from '#engine/hosted-disks.ts';
import { imageName, type LeaveChoice, leaveQuestion } from './leave-question.ts';
import { Leaving } from './leaving.ts';

const memory: DiskAtStake = { source: 1, name: 'memory', unsaved: true, clients: 0 };
const used: DiskAtStake = { source: 2, name: 'used', unsaved: false, clients: 2 };

/** A shell in which those disks are at stake and a person answers so; what was done, in order. */
function shell(
  atStake: DiskAtStake[] | null,
  answers: LeaveChoice[],
  saves: (disk: DiskAtStake) => boolean = () => true,
): { leaving: Leaving; done: string[] } {
  const done: string[] = [];
  const leaving = new Leaving({
    atStake: async () => atStake,
    ask: async ({ message }) => {
      done.push(message);
      return answers.shift() ?? 'stay';
    },
    save: async (disk) => {
      const saved = saves(disk);
      done.push(`${saved ? 'saved' : 'did not save'} ${disk.name}`);
      if (saved && atStake !== null) atStake.splice(atStake.indexOf(disk), 1);
      return saved;
    },
    say: (text) => void done.push(text.slice(0, text.indexOf(' to and'))),
    end: async () => void done.push('engine ended'),
    quit: () => void done.push(leaving.over ? 'quit' : 'quit too early'),
  });
  return { leaving, done };
}

describe('leaving', () => {
  it('asks nothing where nothing is lost', async () => {
    const { leaving, done } = shell([], []);
    await leaving.leave();
    expect(done).toEqual(['engine ended', 'quit']);
  });

  it('stays when told to, and asks again the next time', async () => {
    const { leaving, done } = shell([memory], ['stay', 'leave']);
    await leaving.leave();
    expect(leaving.over).toBe(false);
    expect(done).toEqual(['Save what was written to memory?']);
    await leaving.leave();
    expect(done.slice(1)).toEqual(['Save what was written to memory?', 'engine ended', 'quit']);
  });

  it('saves every disk that is unsaved, and no other, before it ends', async () => {
    const second = { ...memory, source: 3, name: 'second' };
    const { leaving, done } = shell([memory, used, second], ['save']);
    await leaving.leave();
    expect(done.slice(1)).toEqual(['saved memory', 'saved second', 'engine ended', 'quit']);
  });

  it('stays when a disk was not saved, and asks again about what was written meanwhile', async () => {
    const failing = shell([memory], ['save'], () => false);
    await failing.leaving.leave();
    expect(failing.done.slice(1)).toEqual(['did not save memory']);

    const stakes = [memory];
    const written = shell(stakes, ['save', 'leave'], () => {
      stakes.push({ ...memory, name: 'again' });
      return true;
    });
    await written.leaving.leave();
    expect(written.done.slice(1)).toEqual([
      'saved memory',
      'Save what was written to again?',
      'engine ended',
      'quit',
    ]);
  });

  it('asks once however often it is told to end, and not at all when a program says so', async () => {
    const { leaving, done } = shell([memory], ['leave']);
    await Promise.all([leaving.leave(), leaving.leave()]);
    await leaving.leave();
    expect(done).toEqual(['Save what was written to memory?', 'engine ended', 'quit']);
    const told = shell([memory, used], []);
    await Promise.all([told.leaving.told(), told.leaving.told()]);
    expect(told.done).toEqual(['memory was written', 'engine ended', 'quit']);
    const mute = shell(null, []);
    await mute.leaving.told();
    expect(mute.done).toEqual(['engine ended', 'quit']);
  });

  it('does not wait for an engine that does not answer, but asks', async () => {
    const { leaving, done } = shell(null, ['stay']);
    await leaving.leave();
    expect(done).toEqual(['The engine does not answer.']);
  });

  it('quits though the engine does not end well', async () => {
    const quits: string[] = [];
    const leaving = new Leaving({
      atStake: async () => [],
      ask: async () => 'stay',
      save: async () => false,
      say: () => {},
      end: () => Promise.reject(new Error('killed')),
      quit: () => void quits.push('quit'),
    });
    await expect(leaving.leave()).rejects.toThrow('killed');
    expect(quits).toEqual(['quit']);
  });
});

describe('the question', () => {
  it('names the disks that would lose something, and offers to save them first', () => {
    const asked = leaveQuestion([memory, { ...memory, name: 'b', clients: 1 }]);
    expect(asked?.message).toBe('Save what was written to memory, b?');
    expect(asked?.detail).toContain('1 client uses a disk hosted here and will get errors.');
    expect(asked?.choices.map(({ label }) => label)).toEqual(['Save…', 'Cancel', 'Quit and lose them']);
  });

  it('offers nothing to save where clients are all there is, and never takes Enter for a loss', () => {
    const asked = leaveQuestion([used]);
    expect(asked?.detail).toBe('2 clients use disks hosted here and will get errors.');
    expect(asked?.choices.map(({ choice }) => choice)).toEqual(['stay', 'leave']);
    for (const disks of [[memory], [used], null]) {
      expect(leaveQuestion(disks)?.choices[0]?.choice).not.toBe('leave');
    }
    expect(leaveQuestion([])).toBeNull();
  });

  it('proposes a file name that any file system takes', () => {
    expect(imageName('memory 2')).toBe('memory 2.img');
    expect(imageName('../a/b:c')).toBe('a-b-c.img');
    expect(imageName('disk.img')).toBe('disk.img');
    expect(imageName('…')).toBe('disk.img');
  });
});
