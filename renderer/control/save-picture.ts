import { THEMES } from '#shared/theme/palettes.ts';
import { loadFonts } from '../film/drawing.ts';
import { filmDisks } from '../film/film-facts.ts';
import type { FilmLook } from '../film/film-painter.ts';
import { defaultTitle } from '../film/film-words.ts';
import { checkPictureSize, pngOf } from '../film/make-picture.ts';
import { layOutSheet } from '../film/sheet-layout.ts';
import { svgPicture } from '../film/svg-picture.ts';
import { shownCaption } from '../store/app-store.ts';
import { alignmentOf } from '../words/compare-form.ts';
import { formatDay } from '../words/format.ts';
import { download } from './download.ts';
import { nameOf } from './films.ts';
import type { WindowApp } from './window-app.ts';

export interface PictureChoice {
  readonly format: 'png' | 'svg';
  /** Times as large as on the screen, 1 to 4. */
  readonly scale: number;
  /** With title, time, caption and legend; else the grids alone. */
  readonly words: boolean;
  /** Empty: the disks' names and the date. */
  readonly title: string;
}

/** Saves what the window shows now, as it looks, as a picture that the browser downloads. Rejects with the reason why not. */
export async function savePicture(app: WindowApp, choice: PictureChoice): Promise<void> {
  const { picture, session, state } = app;
  if (picture === null || state.session === null) return;
  const { format, scale, words } = choice;
  await loadFonts();
  const caption = shownCaption(state) ?? '';
  const disks = filmDisks(state.session.disks);
  const layout = layOutSheet(picture.grids(), disks, { scale, words, caption: caption !== '' });
  checkPictureSize(layout.widthPx, layout.heightPx);
  const nowUs = session.nowUs();
  const clockUs = Number.isNaN(nowUs) ? 0 : nowUs;
  const shown = disks.filter(({ id }) => layout.panels.some(({ disk }) => disk.id === id));
  const usual = `${defaultTitle(shown)} · ${formatDay(session.shownUs(), state.zone)}`;
  const look: FilmLook = {
    layout,
    theme: THEMES[app.theme.theme.name],
    filter: state.filter,
    title: choice.title.trim() === '' ? usual : choice.title.trim(),
    skipIdle: false,
    zone: state.zone,
    alignment: alignmentOf(state.session.history),
  };
  const moment = {
    state: session.state,
    clockUs,
    speed: session.clock.speed,
    caption,
    structures: app.structures.regions,
  };
  const file =
    format === 'svg'
      ? new Blob([svgPicture(look, moment)], { type: 'image/svg+xml' })
      : new Blob([await pngOf(look, moment)], { type: 'image/png' });
  download(file, `nbdscope-${nameOf(state)}.${format}`);
}
