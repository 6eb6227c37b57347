import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RequestError } from '../filters/parameters.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { expectWords } from '../testing/fuzz-part.ts';
import { peer, runPeer } from '../testing/peers.ts';
import { extentsOf, readBackend } from '../testing/requests.ts';
import { Stage } from '../testing/served.ts';
import { dataPlugin } from './data.ts';
import type { Parameters, PluginDisk } from './plugin.ts';

const stage = new Stage();
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-data-'));
  writeFileSync(join(directory, 'file'), 'what is in the file');
});
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => stage.end());

function make(parameters: Parameters, allowFiles = false, limitBytes = 1 << 30): Promise<PluginDisk> {
  return dataPlugin.create(parameters, {
    allowance: new MemoryAllowance(limitBytes),
    readOnly: false,
    allowFiles,
  });
}

async function ours(parameters: Parameters): Promise<Buffer> {
  const { backend } = await make(parameters, true);
  const bytes = await readBackend(backend, 0n, Number(backend.sizeBytes));
  await backend.dispose();
  return bytes;
}

/** What nbdkit's own plugin makes of the same words; null when it refuses them. */
async function nbdkits(parameters: Parameters): Promise<Buffer | null> {
  const copy = join(directory, 'copy');
  rmSync(copy, { force: true });
  const words = parameters.map(([key, value]) => `${key}=${value}`);
  const run = await runPeer('nbdkit', ['-U', '-', 'data', ...words, '--run', `nbdcopy "$uri" '${copy}'`]);
  return run.code === 0 ? readFileSync(copy) : null;
}

const SAME: readonly string[] = [
  '0 1 2 3 @0x1fe 0x55 0xaa',
  '0 1 2 3 @^0x200 @-2 le16:0xaa55',
  '(0x55 0xAA)*2048',
  '( "Hello" )*2000',
  '017 010 08 0x1F 255',
  '1*5 2*3*2',
  '0xFF*16 @+4 7 @-2 9',
  '@10 1 @5 2 @^8 3',
  'le16:0x1234 be16:0x1234 le32:1 be32:0xdeadbeef le64:0x123456789abcdef0 be64:1',
  '"tab\\tquote\\"back\\\\hex\\x7fbell\\a" "é"',
  '1 2 3 4 @0 (@+2 9)',
  '(1 2 @+2 3 (4 5)*2 @^16)*3',
  '(1 2 3 4 5)[1:3] (1 2 3 4 5)[:2] (1 2 3 4 5)[3:] (1 2 3)[:]',
  '"abcdef"[2:4]*3 ("ab"*4)[1:7]',
  '(0x55 0xAA) -> \\sig (@0x1fe \\sig) -> \\sector \\sector \\sector',
  '(1 -> \\a (2 -> \\a \\a) \\a)',
  '1 -> \\a \\a -> \\b 2 -> \\a \\b \\a',
  '(9 @3) 1',
  '(@3) 1',
  '1 # comment ) ( " \n2 #end',
  '$pattern*4 "/" $pattern',
  '$outer',
  '(1 2)*0 3',
  '()*5 7',
  '(7 @-1 8)*3',
  '[]'.replace('[]', '(1 2 3)[ 1: 2]'),
  '(1*100000)*3 2',
  '(0*70000 1)*4',
  '("abc"*20000)[59990:] 5',
  '(1 @+40000 2)*3',
  '( @65534 1 2 3 4 )*2 @65535 9',
  '<FILE <FILE[2:6]*3 <FILE[5:] <FILE[:4]',
  '<FILE[:100] 1',
  '@4 "text" @0 "over" @2 (0 0)',
  '\f1\r\n\v2\t3',
  '1->\\one-two_3 \\one-two_3*2',
  '( ( ( 1 ) *2 ) * 3 ) [1:5]',
];
const VARIABLES: Parameters = [
  ['pattern', '0x55 0xAA'],
  ['outer', '1 $pattern (2)*2'],
];

describe('the data language', () => {
  it.each(SAME)("makes of %s byte for byte what nbdkit's does", async (text) => {
    const data = text.replaceAll('<FILE', `<${join(directory, 'file')}`);
    const parameters: Parameters = [['data', data], ...VARIABLES];
    const theirs = await nbdkits(parameters);
    expect(theirs).not.toBeNull();
    expect((await ours(parameters)).equals(theirs ?? Buffer.alloc(0))).toBe(true);
  });

  it.each([
    ['8192', '( "Hello" )*2000'],
    ['4', '"truncated"'],
    ['1M', '@0x1be 0 0 2 0 0x83 0x20 0x20 0 le32:1 le32:0x7ff @0x1fe 0x55 0xaa'],
  ])('cuts off or fills up to size=%s', async (size, data) => {
    const parameters: Parameters = [
      ['data', data],
      ['size', size],
    ];
    expect((await ours(parameters)).equals((await nbdkits(parameters)) ?? Buffer.alloc(0))).toBe(true);
  });

  it('takes raw bytes and base64 as they are', async () => {
    expect((await ours([['raw', 'Hello, world!']])).toString()).toBe('Hello, world!');
    expect((await ours([['base64', 'MTIz']])).toString()).toBe('123');
  });

  it("agrees with nbdkit's about any expression", async () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom('0x10', '010', '0xfff'),
    );
    const { expressions } = fc.letrec<{ expressions: string; expression: string; data: string }>((tie) => ({
      expressions: fc.array(tie('expression'), { minLength: 1, maxLength: 5 }).map((all) => all.join(' ')),
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('data'),
        number.map((n) => `@+${n}`),
        number.map((n) => `@${n}`),
        fc.constantFrom('@^16', '@^512'),
      ),
      data: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.integer({ min: 0, max: 255 }).map(String),
        fc.stringMatching(/^[a-z ]{0,9}$/).map((text) => `"${text}"`),
        fc.integer({ min: 0, max: 0xffff }).map((n) => `(be16:${n} )`),
        tie('expressions').map((inner) => `(${inner} 5 )`),
        fc.tuple(tie('data'), fc.integer({ min: 0, max: 40 })).map(([of, n]) => `${of}*${n}`),
        fc
          .tuple(tie('expressions'), fc.integer({ min: 0, max: 5 }))
          .map(([of, n]) => `("pad-pad" ${of})[${n}:]`),
        fc
          .tuple(tie('expressions'), fc.integer({ min: 0, max: 7 }))
          .map(([of, n]) => `("pad-pad" ${of})[:${n}]`),
        fc.tuple(tie('data')).map(([of]) => `(${of} -> \\x 1 \\x*2)`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(expressions, async (text) => {
        const parameters: Parameters = [['data', `${text} 1`]];
        const theirs = await nbdkits(parameters);
        expect(theirs).not.toBeNull();
        expect((await ours(parameters)).equals(theirs ?? Buffer.alloc(0)), text).toBe(true);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it.each([
    ['1 )', "a ')' has no '(' (at character 3)"],
    ['1\n( 2', "a '(' has no ')' (at line 2, character 4)"],
    ['256', '256 is no byte; a byte is 0 to 255'],
    ['-1', '"-" means nothing here'],
    ['hello', '"hello" cannot be read'],
    ['"no end', 'a string has no end (at character 1)'],
    ['"\\u0041"', '\\u is not known in a string'],
    ['"\\x4"', '\\x is followed by two hexadecimal digits'],
    ['le16:0x12345', 'the number has more than 16 bits'],
    ['le8:1', 'a word is le16:N'],
    ['@-1', 'cannot go before the start'],
    ['@^3', '@^3: an alignment is a power of two'],
    ['@5*2', '*N cannot follow an @offset'],
    ['*2', '*N follows nothing'],
    ['1*x', '* is followed by a number'],
    ['(1 2)[1:5]', '[1:5]: there are 2 bytes'],
    ['(1 2)[2:1]', 'a slice does not end before it begins'],
    ['(1 2)[1]', 'a slice is [N:M]'],
    ['\\nobody', '\\nobody has not been given'],
    ['$nobody', '$nobody is not known; give it as a parameter'],
    ['$data', '$data is not known'],
    ['<( echo 1 )', '<(SCRIPT) runs a program, which nbdscope does not'],
    ['</etc/hostname', 'reads a file, which was not allowed; allow it with --allow-files'],
    ['@0x7fffffffffffffff 1', 'more than 2^63-1 bytes'],
    ['0xffffffffffffffff', '0xffffffffffffffff is more than 2^63-1'],
    ['', 'data comes to no bytes at all'],
    [`${'('.repeat(300)}1${')'.repeat(300)}`, 'groups are nested too deep'],
  ])('refuses %s', async (text, message) => {
    await expect(make([['data', text]])).rejects.toThrow(message);
  });

  it('refuses a variable that stands for itself', async () => {
    const parameters: Parameters = [
      ['data', '$a'],
      ['a', '1 $b'],
      ['b', '$a'],
    ];
    await expect(make(parameters)).rejects.toThrow('does a $VAR stand for itself?');
  });

  it.each([
    ['(1 2 3)*1000000000000000000'],
    ['(1 @+1000000)*1000000000000'],
    ['((((1 2)*1000000)*1000000)*1000000)'],
    ['1*1000000000*1000000000'],
    ['(1)*2000000000'],
  ])('refuses the bomb %s at once', async (text) => {
    const from = performance.now();
    await expect(make([['data', text]])).rejects.toThrow(/other than zero|2\^63-1|there is memory for/);
    // Its bytes would take hours to write down.
    expect(performance.now() - from).toBeLessThan(30_000);
  });

  it('refuses what doubles again and again, by name or by variable', async () => {
    const names = Array.from({ length: 60 }, (_none, i) => `(\\a${i} \\a${i}) -> \\a${i + 1}`).join(' ');
    await expect(make([['data', `1 -> \\a0 ${names} \\a60`]])).rejects.toThrow('other than zero');
    const variables = Array.from({ length: 60 }, (_none, i): [string, string] => [
      `v${i}`,
      `$v${i + 1} $v${i + 1}`,
    ]);
    await expect(make([['data', '$v0'], ...variables, ['v60', '1']])).rejects.toThrow('too many steps');
  });

  it('refuses a short text that would keep everyone waiting for minutes', async () => {
    const doubled = Array.from({ length: 19 }, (_none, i): [string, string] => [
      `v${i}`,
      `($v${i + 1} 0) ($v${i + 1})`,
    ]);
    await expect(make([['data', '$v0'], ...doubled, ['v19', '0x55*16000']])).rejects.toThrow(
      'too many steps',
    );
    const places = Array.from({ length: 20_000 }, (_none, i) => `@${i * 20} 1`).join(' ');
    await expect(make([['data', `(${places})[:300000]*3000`]])).rejects.toThrow('60003000 pieces');
  });

  it('puts far places in order without a look at all the others', async () => {
    const { backend, usedBytes } = await make([['data', '(@0x1000000 0x55)*3000']]);
    expect(usedBytes).toBe(3000 * 65_536);
    expect([...(await readBackend(backend, backend.sizeBytes - 2n, 2))]).toEqual([0, 0x55]);
    await backend.dispose();
  });

  it('refuses what takes more places than there is memory for, and gives it back', async () => {
    const allowance = new MemoryAllowance(1 << 20);
    const asked = dataPlugin.create([['data', '(1 @+100000)*100']], {
      allowance,
      readOnly: false,
      allowFiles: false,
    });
    await expect(asked).rejects.toThrow('the 16 pages of 64 KiB that there is memory for');
    expect(allowance.usedBytes).toBe(0);
  });

  it('reads no more of files than there is memory for, all of them together', async () => {
    const large = join(directory, 'large');
    writeFileSync(large, '');
    truncateSync(large, 8 * 2 ** 30);
    const limit = 4 << 20;
    await expect(make([['data', `<${large}`]], true, limit)).rejects.toThrow(
      `memory for ${limit} bytes of it`,
    );
    await expect(make([['data', '</dev/zero']], true, limit)).rejects.toThrow('take a slice of it');
    const parts = Array.from({ length: 9 }, () => `<${large}[:500000]`).join(' ');
    await expect(make([['data', parts]], true, limit)).rejects.toThrow('memory for 194304 bytes of it');
    expect((await make([['data', `<${large}[:4000000] 1`]], true, limit)).backend.sizeBytes).toBe(4_000_001n);
  });

  it.each([
    ['a number', '9'.repeat(5000)],
    ['a name', `\\${'n'.repeat(5000)}`],
    ['a variable', `$${'n'.repeat(5000)}`],
    ['a word', `le16:${'9'.repeat(5000)}`],
    ['a file', `<${'/x'.repeat(2500)}`],
    ['what a terminal would act on', '\u001b[2J\u0007\0'],
    ['a file that a terminal would act on', '<\u001b[2J'],
  ])('quotes little of %s, and nothing a terminal would act on', async (_name, text) => {
    for (const allowed of [true, false]) {
      const why: unknown = await make([['data', text]], allowed).catch((error: unknown) => error);
      expect(why).toBeInstanceOf(RequestError);
      expectWords(why instanceof Error ? why.message : '');
    }
  });

  it('takes no memory for zeroes, however many, but the page with the last byte', async () => {
    const { backend, usedBytes } = await make([['data', '0*1000000000000000000 (0 0 0)*100000 @^0x10000 1']]);
    expect(backend.sizeBytes).toBe(1_000_000_000_000_327_681n);
    expect(usedBytes).toBe(65_536);
    const end = await readBackend(backend, backend.sizeBytes - 4n, 4);
    expect([...end]).toEqual([0, 0, 0, 1]);
    await backend.dispose();
  });

  it('reads a part of what has no end, and not the whole', async () => {
    const { backend } = await make([['data', '</dev/zero[:512] 1 </dev/urandom[:64]*2']], true);
    expect(backend.sizeBytes).toBe(641n);
    const random = await readBackend(backend, 513n, 128);
    expect(random.subarray(0, 64).equals(random.subarray(64))).toBe(true);
    await expect(make([['data', '</nowhere/at/all']], true)).rejects.toThrow('</nowhere/at/all: ENOENT');
  });

  it('is a disk that can be written to', async () => {
    const { uri } = await stage.serve({
      plugin: 'data',
      parameters: [
        ['data', '"begin" @^4096 7'],
        ['size', '1M'],
      ],
    });
    await peer(
      'qemu-io',
      '-f',
      'raw',
      '-c',
      'write -P 9 64k 4k',
      '-c',
      'read -P 9 64k 4k',
      '-c',
      'read -P 7 4096 1',
      uri,
    );
  });
});

/** A GPT with one partition on a disk of 7 EiB, both copies of it. */
const SEVEN_EXABYTES = readFileSync(
  new URL('../../../assets/disks/seven-exabytes.data', import.meta.url),
  'utf8',
);

describe('a disk of 7 EiB told in a kilobyte', () => {
  it('takes three pages of memory, and is zeroes but for its two ends', async () => {
    const { backend, usedBytes } = await make([
      ['data', SEVEN_EXABYTES],
      ['size', '7E'],
    ]);
    expect(backend.sizeBytes).toBe(7n << 60n);
    expect(usedBytes).toBe(2 * 65_536);
    expect((await readBackend(backend, 0x200n, 8)).toString()).toBe('EFI PART');
    expect((await readBackend(backend, (7n << 60n) - 512n, 8)).toString()).toBe('EFI PART');
    expect(await extentsOf(backend, 1n << 62n, 0xffff_0000)).toEqual([[0xffff_0000, 3]]);
    await backend.dispose();
  });

  it("is the same disk as nbdkit's at both ends", async () => {
    const { uri } = await stage.serve({
      plugin: 'data',
      parameters: [
        ['data', SEVEN_EXABYTES],
        ['size', '7E'],
      ],
    });
    const script = [
      'import hashlib',
      'size = h.get_size()',
      'print(size, hashlib.sha256(h.pread(1 << 20, 0) + h.pread(1 << 20, size - (1 << 20))).hexdigest())',
    ].join('\n');
    const read = (where: string[]): Promise<string> => peer(where[0] ?? '', ...where.slice(1));
    const mine = await read(['nbdsh', '-u', uri, '-c', script]);
    const theirs = await read([
      'nbdkit',
      '-U',
      '-',
      'data',
      `data=${SEVEN_EXABYTES}`,
      'size=7E',
      '--run',
      `nbdsh -u "$uri" -c '${script}'`,
    ]);
    expect(mine.trim()).toMatch(/^8070450532247928832 [0-9a-f]{64}$/);
    expect(mine).toBe(theirs);
  });
});
