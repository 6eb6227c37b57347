import * as v from 'valibot';

/**
 * Whether clients of a hosted disk may (`on`) or must (`require`) encrypt, and where the credentials are: a directory of
 * certificates, or a file of keys shared beforehand. As nbdkit's --tls, --tls-certificates, --tls-psk and
 * --tls-verify-peer.
 */
export const HostTlsSchema = v.strictObject({
  mode: v.picklist(['on', 'require']),
  kind: v.picklist(['certificates', 'psk']),
  path: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  /** Whether clients need a certificate of the same authority; goes with certificates. */
  verifyPeer: v.boolean(),
});

export type HostTls = v.InferOutput<typeof HostTlsSchema>;
