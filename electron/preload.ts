import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CONNECT_REQUEST, type DesktopHost, PORT_ANSWER } from '#shared/contract/host.ts';

const desktopHost: DesktopHost = {
  kind: 'electron',
  pickLogs: () => ipcRenderer.invoke('pick-logs'),
  pathForFile: (file) => (file instanceof File ? webUtils.getPathForFile(file) : ''),
  resizeContent: (widthPx, heightPx) => ipcRenderer.invoke('resize-content', widthPx, heightPx),
  reportReady: () => ipcRenderer.send('ready'),
};
contextBridge.exposeInMainWorld('nbdscopeHost', desktopHost);

window.addEventListener('message', (event) => {
  if (event.source !== window || event.origin !== location.origin) return;
  if (event.data === CONNECT_REQUEST) ipcRenderer.send('connect');
});
ipcRenderer.on('port', (event) => {
  window.postMessage(PORT_ANSWER, location.origin, [...event.ports]);
});
