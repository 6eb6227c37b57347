import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/jetbrains-mono/index.css';
import './style/base.css';
import './style/controls.css';
import './style/window.css';
import './style/panels.css';
import './style/side.css';
import './style/host.css';
import './style/faults.css';
import './style/minimap.css';
import './style/marks.css';
import './style/structures.css';
import './style/presenter.css';
import './style/film.css';
import './style/timeline.css';
import './style/drawer.css';
import './style/overlays.css';
import { createRoot } from 'react-dom/client';
import { AppContext } from './chrome/app-context.ts';
import { AppWindow } from './chrome/window.tsx';
import { WindowApp } from './control/window-app.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element "root" for the window');
const app = new WindowApp();
createRoot(root).render(
  <AppContext value={app}>
    <AppWindow />
  </AppContext>,
);
app.start();
