import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * The window's build. Everything ends up in files of its own (no inlined scripts, styles, fonts or images), as the
 * Content-Security-Policy of both hosts asks.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, 'renderer'),
  base: '/',
  plugins: [react()],
  build: {
    outDir: resolve(import.meta.dirname, 'dist/renderer'),
    emptyOutDir: true,
    rolldownOptions: {
      input: {
        window: resolve(import.meta.dirname, 'renderer/index.html'),
        render: resolve(import.meta.dirname, 'renderer/render.html'),
      },
    },
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licences.md' },
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
});
