import { randomBytes } from 'node:crypto';
import { nativeFiles } from '#engine/nbd/file/native-files.ts';
import { probeTls } from '#engine/nbd/tls/probe-tls.ts';
import type { Finding } from './finding.ts';

/** What this Node can do of what hosted disks need. Never rejects. */
export async function findRuntime(): Promise<Finding[]> {
  return [nodeFinding(), await holesFinding(), await pskFinding()];
}

function nodeFinding(): Finding {
  const found = `${process.versions.node} on ${process.platform}, ${process.arch}`;
  return { what: 'Node', state: 'there', found, use: 'what nbdscope runs on', advice: null };
}

async function holesFinding(): Promise<Finding> {
  const base = {
    what: 'holes in files',
    use: 'trims of a hosted file give its room back, its holes are known',
  };
  if ((await nativeFiles()) !== null)
    return { ...base, state: 'there', found: 'fallocate and SEEK_HOLE', advice: null };
  const found =
    process.platform === 'linux'
      ? 'the native calls do not load'
      : 'not on this system; files are hosted without';
  const advice = process.platform === 'linux' ? 'install nbdscope again for this processor' : null;
  return { ...base, state: 'missing', found, advice };
}

async function pskFinding(): Promise<Finding> {
  const base = { what: 'TLS with shared keys', use: '--tls-psk' };
  try {
    await probeTls({ kind: 'psk', file: '', keys: new Map([['doctor', randomBytes(32)]]) });
    return { ...base, state: 'there', found: `OpenSSL ${process.versions.openssl}`, advice: null };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { ...base, state: 'missing', found, advice: 'use certificates, or nbdscope host in plain Node' };
  }
}
