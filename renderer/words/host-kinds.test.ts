import { describe, expect, it } from 'vitest';
import { fileNotAllowed, hostKind, missingFields, refusedField, sizeProblem } from './host-kinds.ts';

describe('the kinds of disks', () => {
  it('are looked up by name', () => {
    expect(hostKind('floppy').plugin).toBe('floppy');
    expect(hostKind('of-tomorrow').plugin).toBe('memory');
  });

  it('say what they still need', () => {
    expect(missingFields(hostKind('memory'), {})).toEqual([]);
    expect(missingFields(hostKind('file'), { file: '  ' }).map(({ key }) => key)).toEqual(['file']);
    expect(missingFields(hostKind('curl'), { url: 'http://x/' })).toEqual([]);
  });

  it('need a size, take one, or have their own', () => {
    expect(sizeProblem(hostKind('memory'), '')).not.toBeNull();
    expect(sizeProblem(hostKind('memory'), '64M')).toBeNull();
    expect(sizeProblem(hostKind('data'), ' ')).toBeNull();
    expect(sizeProblem(hostKind('data'), '64Q')).toContain('"Q"');
    expect(sizeProblem(hostKind('file'), '64Q')).toBeNull();
  });
});

describe('refusedField', () => {
  it('finds the field that a refusal speaks of', () => {
    const memory = hostKind('memory');
    expect(refusedField(memory, 'size=0: "0": a disk has at least 1 byte, as in 64M')).toBe('size');
    expect(refusedField(memory, 'rdelay=x: a delay is whole seconds or milliseconds')).toBe('rdelay');
    expect(refusedField(memory, 'listen EADDRINUSE: address already in use 127.0.0.1:10809')).toBe('port');
    expect(refusedField(memory, 'listen EACCES: permission denied 127.0.0.1:1')).toBe('port');
    expect(refusedField(memory, 'an export of that name is hosted already')).toBe('exportName');
    expect(refusedField(memory, 'out of memory')).toBeNull();
    expect(refusedField(memory, '--tls-certificates: there is no directory /x')).toBe('tls');
    expect(refusedField(hostKind('file'), '--tls-psk: ENOENT: no such file, port 1')).toBe('tls');
    expect(refusedField(hostKind('remote'), 'tls-certificates=/x: ENOENT')).toBe('tls-certificates');
    expect(refusedField(hostKind('file'), 'file=/x: it is a directory')).toBe('file');
    expect(refusedField(hostKind('data'), 'data: a string has no end (at character 3)')).toBe('data');
    expect(refusedField(hostKind('curl'), 'https://host/x: 404 Not Found')).toBe('url');
    expect(refusedField(hostKind('remote'), 'nbd://localhost:1: connect ECONNREFUSED')).toBe('uri');
    expect(refusedField(hostKind('remote'), 'nbds+unix:///?socket=/x: connect ENOENT /x')).toBe('uri');
  });
});

describe('fileNotAllowed', () => {
  it('finds the file that was not to be read without asking', () => {
    const text = 'data: </etc/hosts reads a file, which was not allowed; allow it with --allow-files';
    expect(fileNotAllowed(text)).toBe('/etc/hosts');
    expect(fileNotAllowed('data: a string has no end')).toBeNull();
  });
});
