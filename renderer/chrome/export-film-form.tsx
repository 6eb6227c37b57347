import { type FormEvent, type ReactElement, useState } from 'react';
import { FILM_FORMATS, FORMAT_WORDS } from '#shared/film/film-options.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { THEME_NAMES } from '#shared/theme/theme.ts';
import {
  type FilmField,
  type FilmForm,
  lengthWords,
  newFilmForm,
  readFilmForm,
  SIZE_CHOICES,
  themeNamed,
  withFormat,
} from '../words/film-form.ts';
import { useApp, useAppState } from './app-context.ts';
import { FormEnd, TextField } from './field.tsx';
import { SelectField, TickField } from './select-field.tsx';
import { Progress } from './task-progress.tsx';

const CUSTOM = 'custom';

/** Exports a span as a film, and shows how far that is. */
export function ExportFilmForm(): ReactElement {
  const app = useApp();
  const history = useAppState((state) => state.session?.history);
  const film = useAppState((state) => state.film);
  const kept = {
    firstUs: history?.firstUs ?? 0,
    lastUs: history?.lastUs ?? 0,
  };
  const [form, setForm] = useState<FilmForm>(() => {
    const { span } = app.state.view;
    return newFilmForm(span?.fromUs ?? kept.firstUs, span?.toUs ?? kept.lastUs, app.theme.theme.name);
  });
  const [isCustom, setCustom] = useState(false);
  const change = (part: Partial<FilmForm>): void => setForm((before) => ({ ...before, ...part }));
  if (history === undefined || history.firstUs === null) {
    return <p className="modal-words">Nothing is recorded yet: a film is made of what has happened.</p>;
  }
  if (film?.kind === 'record') {
    return <p className="modal-words">The window is being recorded; end that first.</p>;
  }
  if (film !== null) {
    return (
      <Progress
        words={`Frame ${film.frames.toLocaleString('en')}`}
        done={film.fraction}
        cancel="Call off the film"
        onCancel={() => app.films.cancel()}
      />
    );
  }
  const read = readFilmForm(form, kept);
  const wrong = (field: FilmField): string | null => ('wrong' in read ? (read.wrong[field] ?? null) : null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if ('options' in read) void app.films.export(read.options, read.fromUs, read.toUs);
  };
  const text = (field: FilmField, label: string, hint: string): ReactElement => (
    <TextField
      label={label}
      wrong={wrong(field)}
      hint={hint}
      value={form[field]}
      onChange={(value) => change({ [field]: value })}
    />
  );
  return (
    <form className="form" onSubmit={submit} data-testid="export-film">
      <SelectField
        label="Format"
        value={form.format}
        hint={FORMAT_WORDS[form.format].players}
        options={FILM_FORMATS.map((format) => [format, FORMAT_WORDS[format].name])}
        onChange={(value) => setForm((before) => withFormat(before, value))}
      />
      <div className="form-columns">
        {text('from', 'From', 'A time of day (UTC), or seconds')}
        {text('to', 'To', 'A time of day (UTC), or seconds')}
      </div>
      <div className="form-columns">
        {text('speed', 'Speed', 'Seconds of it in one of the film')}
        {text('rate', 'Frames a second', form.format === 'gif' ? '10 to 50' : '10 to 60')}
      </div>
      <div className="form-columns">
        <SelectField
          label="Size"
          value={isCustom ? CUSTOM : form.size}
          hint="px"
          options={[...SIZE_CHOICES, [CUSTOM, 'Another size']]}
          onChange={(value) => {
            setCustom(value === CUSTOM);
            if (value !== CUSTOM) change({ size: value });
          }}
        />
        {isCustom ? (
          text('size', 'Width x height', 'Even numbers, as in 1600x900')
        ) : (
          <SelectField
            label="Theme"
            value={form.theme}
            hint="Of the film alone"
            options={THEME_NAMES.map((name) => [name, THEMES[name].label])}
            onChange={(value) => change({ theme: themeNamed(value) })}
          />
        )}
      </div>
      {text('title', 'Title', "Empty: the disks' names")}
      <div className="export-ticks">
        <TickField label="Captions" checked={form.captions} onChange={(captions) => change({ captions })} />
        <TickField label="Legend" checked={form.legend} onChange={(legend) => change({ legend })} />
        <TickField
          label="Leave out idle time"
          checked={form.skipIdle}
          onChange={(skipIdle) => change({ skipIdle })}
        />
      </div>
      <p className="field-answer" data-testid="film-length">
        {'options' in read
          ? lengthWords(read.options, read.fromUs, read.toUs)
          : 'Some of this cannot be read yet'}
      </p>
      <FormEnd answer={null} submit="Export" disabled={!('options' in read)} />
    </form>
  );
}
