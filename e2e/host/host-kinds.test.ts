import { expect, it } from 'vitest';
import { PLUGINS } from '../../engine/nbd/plugins/registry.ts';
import { HOST_KINDS } from '../../renderer/words/host-kinds.ts';

it('the host dialog offers the kinds of disks that there are, with parameters that they take', () => {
  expect(HOST_KINDS.map(({ plugin }) => plugin).sort()).toEqual(PLUGINS.map(({ name }) => name).sort());
  for (const kind of HOST_KINDS) {
    const plugin = PLUGINS.find(({ name }) => name === kind.plugin);
    const keys = plugin?.parameters.map(({ key }) => key);
    for (const { key } of kind.fields) expect(keys, `${kind.plugin} ${key}`).toContain(key);
    if (kind.trust !== null) expect(keys, kind.plugin).toContain(kind.trust);
    expect(plugin?.takes('size') === true, `${kind.plugin} size`).toBe(kind.size !== 'none');
  }
});
