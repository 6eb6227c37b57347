import { type Command, Option } from 'commander';

/** Adds nbdkit's options about TLS; `tlsOf` reads them. */
export function addTlsOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--tls <mode>',
        'off; on: clients may encrypt the connection (as with credentials alone); require: they have to',
      ).choices(['off', 'on', 'require']),
    )
    .option(
      '--tls-certificates <dir>',
      'where ca-cert.pem, server-cert.pem, server-key.pem (and ca-crl.pem) are',
    )
    .option('--tls-psk <file>', 'keys that clients share with this server: lines of USER:HEXKEY')
    .option('--tls-verify-peer', 'with --tls-certificates: clients need a certificate of the same authority');
}
