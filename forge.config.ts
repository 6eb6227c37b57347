import type { Configuration } from 'electron-builder';

/**
 * Packaging, read by electron-builder (`electron-builder --config forge.config.ts`). It packs for the processor that it
 * runs on: npm installs the native calls of that one alone.
 */
const config: Configuration = {
  appId: 'io.github.nbdscope',
  productName: 'nbdscope',
  directories: { output: 'release' },
  files: [
    'dist/renderer',
    'dist/electron',
    'dist/node',
    'bin',
    'assets',
    'package.json',
    'LICENSE',
    '!**/*.map',
    '!**/koffi/{src,vendor,doc}/**',
  ],
  // Beside the archive, where it can be read without taking that apart; `npm run package` makes it.
  extraResources: ['sbom.cdx.json'],
  asar: true,
  // A library that is loaded by the system's loader has to be a file of its own.
  asarUnpack: ['**/*.node'],
  // The native calls come built for every platform; there is nothing to compile.
  npmRebuild: false,
  icon: 'assets/icons/512x512.png',
  fileAssociations: [
    {
      ext: 'nbdscope',
      name: 'nbdscope capture',
      description: 'What a disk was asked to do',
      mimeType: 'application/vnd.nbdscope.capture',
      role: 'Viewer',
    },
  ],
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  linux: {
    target: ['AppImage', 'deb', 'rpm', 'tar.gz'],
    icon: 'assets/icons',
    category: 'Development',
    maintainer: 'The nbdscope authors <nbdscope@users.noreply.github.com>',
    synopsis: 'See what a disk does',
    executableName: 'nbdscope',
    desktop: {
      entry: {
        Keywords: 'NBD;nbdkit;block device;disk;RAID;storage;',
        StartupWMClass: 'nbdscope',
      },
    },
  },
  mac: {
    target: ['dmg', 'zip'],
    category: 'public.app-category.developer-tools',
    hardenedRuntime: true,
  },
  win: { target: ['nsis'] },
};

export default config;
