import type { Configuration } from 'electron-builder';

/** Packaging, read by electron-builder (`electron-builder --config forge.config.ts`). */
const config: Configuration = {
  appId: 'io.github.nbdscope',
  productName: 'nbdscope',
  directories: { output: 'release' },
  files: ['dist/renderer', 'dist/electron', 'dist/node', 'assets', 'package.json', 'LICENSE'],
  asar: true,
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  linux: { target: ['AppImage', 'deb'], category: 'Development', maintainer: 'The nbdscope authors' },
  mac: { target: ['dmg', 'zip'], category: 'public.app-category.developer-tools', hardenedRuntime: true },
  win: { target: ['nsis', 'zip'] },
};

export default config;
