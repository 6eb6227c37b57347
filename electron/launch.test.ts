import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { encodeLaunchRequest, LAUNCH_VARIABLE } from '#engine/cli/launch-request.ts';
import { launchRequest } from './launch.ts';

it('opens what the nbdscope command hands over, whatever stands on the command line', () => {
  const set = { count: 5, sizeBytes: 2n ** 62n, logs: '/logs/%d', errorFiles: '/errors/%d' };
  const compare = { recordings: ['/a', 'ext4'], align: ['mkfs', null] } as const;
  const request = {
    logs: ['/logs/-odd'],
    set,
    captions: '/steps',
    compare,
    stdin: true,
    sizeBytes: 2n ** 63n - 1n,
    images: ['/a.img', 'nbd://server/b'],
    record: '/a.nbdscope',
  };
  const env = { [LAUNCH_VARIABLE]: encodeLaunchRequest(request) };
  expect(launchRequest(env, ['electron', '.', 'other.log'], false, '1.0.0')).toEqual(request);
});

it('reads its own command line when it was started by itself', () => {
  expect(launchRequest({}, ['electron', '.', 'disk.log', '64M'], false, '1.0.0')).toEqual({
    logs: [resolve('disk.log')],
    set: null,
    captions: null,
    compare: null,
    stdin: false,
    sizeBytes: 67_108_864n,
    images: [],
    record: null,
  });
  expect(launchRequest({}, ['nbdscope'], true, '1.0.0')).toEqual({
    logs: [],
    set: null,
    captions: null,
    compare: null,
    stdin: false,
    sizeBytes: null,
    images: [],
    record: null,
  });
});

it('says what is wrong with a command line, and refuses a request it does not know', () => {
  expect(() => launchRequest({}, ['nbdscope', 'a', '64X'], true, '1.0.0')).toThrow('unknown size suffix');
  expect(() => launchRequest({}, ['nbdscope', 'stats', 'a'], true, '1.0.0')).toThrow('only opens windows');
  expect(() => launchRequest({ [LAUNCH_VARIABLE]: '{"logs":"a"}' }, [], true, '1.0.0')).toThrow();
});
