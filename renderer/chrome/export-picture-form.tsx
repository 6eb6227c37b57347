import { type FormEvent, type ReactElement, useState } from 'react';
import { MAX_PICTURE_SCALE, PICTURE_FORMATS } from '#shared/contract/render.ts';
import { MAX_TITLE_CHARS } from '#shared/film/film-options.ts';
import { type PictureChoice, savePicture } from '../control/save-picture.ts';
import { useApp } from './app-context.ts';
import { FormEnd, TextField } from './field.tsx';
import { SelectField, TickField } from './select-field.tsx';

const SCALES = Array.from({ length: MAX_PICTURE_SCALE }, (_, i) => `${i + 1}`);

/** Saves what the window shows now. */
export function ExportPictureForm(): ReactElement {
  const app = useApp();
  const [choice, setChoice] = useState<PictureChoice>({ format: 'png', scale: 1, words: true, title: '' });
  const [answer, setAnswer] = useState<string | null>(null);
  const change = (part: Partial<PictureChoice>): void => setChoice((before) => ({ ...before, ...part }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    savePicture(app, choice).then(
      () => app.store.setState({ dialog: null }),
      (error: unknown) => setAnswer(error instanceof Error ? error.message : String(error)),
    );
  };
  const tooLong = choice.title.length > MAX_TITLE_CHARS;
  return (
    <form className="form" onSubmit={submit} data-testid="export-picture">
      <div className="form-columns">
        <SelectField
          label="Format"
          value={choice.format}
          hint={
            choice.format === 'png'
              ? 'Every px as it is'
              : 'Sharp at any size; for disks of not too many colours'
          }
          options={PICTURE_FORMATS.map((format) => [format, format.toUpperCase()])}
          onChange={(value) => change({ format: value === 'svg' ? 'svg' : 'png' })}
        />
        <SelectField
          label="Size"
          value={String(choice.scale)}
          hint="Cells stay whole px"
          options={SCALES.map((scale) => [
            scale,
            scale === '1' ? 'As on the screen' : `${scale} times as large`,
          ])}
          onChange={(value) => change({ scale: Number(value) })}
        />
      </div>
      <TickField
        label="With title, time, caption and legend"
        checked={choice.words}
        onChange={(words) => change({ words })}
      />
      {choice.words && (
        <TextField
          label="Title"
          wrong={tooLong ? `At most ${MAX_TITLE_CHARS} characters` : null}
          hint="Empty: the disks' names and the date"
          value={choice.title}
          onChange={(title) => change({ title })}
        />
      )}
      <FormEnd answer={answer} submit="Save" disabled={choice.words && tooLong} />
    </form>
  );
}
