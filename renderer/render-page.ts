import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/jetbrains-mono/index.css';
import { RENDER_PATH } from '#shared/contract/render.ts';
import { RenderWork } from './film/render-work.ts';
import { connectWebSocket } from './session/channel-web-socket.ts';

const origin = location.origin.replace(/^http/, 'ws');
void connectWebSocket(`${origin}${RENDER_PATH}`).then(
  (channel) => new RenderWork(channel, () => connectWebSocket()),
);
