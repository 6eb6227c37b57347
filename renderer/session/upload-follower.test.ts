import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Command } from '#shared/contract/commands.ts';
import { UploadFollower } from './upload-follower.ts';

interface Followed {
  readonly follower: UploadFollower;
  readonly commands: Command['command'][];
  readonly failures: string[];
  sent: string;
}

function follow(getFile: () => Promise<File>): Followed {
  const commands: Command['command'][] = [];
  const failures: string[] = [];
  const followed: Followed = {
    commands,
    failures,
    sent: '',
    follower: new UploadFollower({
      upload: 1,
      name: 'live.log',
      getFile,
      live: true,
      replace: false,
      send: ({ command }) => commands.push(command),
      sendBytes: (_upload, bytes) => {
        followed.sent += new TextDecoder().decode(bytes);
      },
      bytesRead: () => followed.sent.length,
      onFailed: (reason) => failures.push(reason),
    }),
  };
  followed.follower.start();
  return followed;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('UploadFollower', () => {
  it('goes on with a file that was not there for a moment, as while it was replaced', async () => {
    let asked = 0;
    const followed = follow(async () => {
      asked += 1;
      if (asked === 2 || asked === 3) throw new Error('not found');
      return new File([asked === 1 ? 'one\n' : 'one\ntwo\n'], 'live.log');
    });
    await expect.poll(() => followed.sent).toBe('one\ntwo\n');
    followed.follower.dispose();
    expect(followed.failures).toEqual([]);
    expect(followed.commands).toEqual(['beginUpload']);
  });

  it('gives up a file that stays away, and says why', async () => {
    vi.useFakeTimers();
    const followed = follow(() => Promise.reject(new Error('not found')));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(followed.failures).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(followed.failures).toEqual(['not found']);
    expect(followed.commands).toEqual(['beginUpload', 'endUpload']);
  });
});
