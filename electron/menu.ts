import type { MenuItemConstructorOptions } from 'electron';

/**
 * The native menu: what the platform's people expect and no more, as the window has its own. Without a reload item in a
 * packed app, Ctrl-R stays free; zoom is left to the picture.
 */
export function menuTemplate(platform: NodeJS.Platform, packed: boolean): MenuItemConstructorOptions[] {
  const developer: MenuItemConstructorOptions[] = packed
    ? []
    : [{ label: 'Developer', submenu: [{ role: 'reload' }, { role: 'toggleDevTools' }] }];
  const common: MenuItemConstructorOptions[] = [{ role: 'editMenu' }, { role: 'windowMenu' }, ...developer];
  return platform === 'darwin'
    ? [{ role: 'appMenu' }, ...common]
    : [{ label: '&File', submenu: [{ role: 'quit' }] }, ...common];
}
