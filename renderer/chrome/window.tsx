import { Tooltip } from 'radix-ui';
import { type ReactElement, useEffect } from 'react';
import { leavePresenter } from '../control/presenter-deeds.ts';
import { showsSide } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import { isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { ArraysDialog } from './arrays-dialog.tsx';
import { ExportRequestsDialog, RecordDialog, SaveCaptureDialog } from './capture-dialogs.tsx';
import { CommandPalette } from './command-palette.tsx';
import { CompareDialog } from './compare-dialog.tsx';
import { CopyHostDialog } from './copy-host-dialog.tsx';
import { DiskImageDialog } from './disk-image-dialog.tsx';
import { Drawer } from './drawer.tsx';
import { ErrorFileDialog, RemoveErrorFileDialog } from './error-file-dialogs.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { FirstHint } from './first-hint.tsx';
import { GoToDialog } from './go-to-dialog.tsx';
import { GoToTimeDialog } from './go-to-time-dialog.tsx';
import { GridArea } from './grid-area.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { HostDialog } from './host-dialog.tsx';
import { HostSetDialog } from './host-set-dialog.tsx';
import { HostStrip } from './host-strip.tsx';
import { actionForKey, belongsToFocus, isMac } from './keys.ts';
import { MarkField } from './mark-field.tsx';
import { NbdkitDialog } from './nbdkit-dialog.tsx';
import { Notices } from './notices.tsx';
import { OpenDialog } from './open-dialog.tsx';
import { OpenSetDialog } from './open-set-dialog.tsx';
import { CommitOverlayDialog, DiscardOverlayDialog } from './overlay-dialogs.tsx';
import { watchPointedFocus } from './pointed-focus.ts';
import { PresenterBar } from './presenter-bar.tsx';
import { PresenterVeil } from './presenter-veil.tsx';
import { SaveHostDialog } from './save-host-dialog.tsx';
import { SidePanel } from './side-panel.tsx';
import { SpokenSummary } from './spoken-summary.tsx';
import { StopHostDialog } from './stop-host-dialog.tsx';
import { StopSetDialog } from './stop-set-dialog.tsx';
import { StructurePanel } from './structure-panel.tsx';
import { TimelineBar } from './timeline-bar.tsx';
import { TopBar } from './top-bar.tsx';
import { useFileDrop } from './use-file-drop.ts';

/** The whole window: bars and panels around the picture. */
export function AppWindow(): ReactElement {
  const app = useApp();
  const sideOpen = useAppState(showsSide);
  const footerOpen = useAppState((state) => state.footerOpen);
  const anything = useAppState((state) => (state.session?.sources.length ?? 0) > 0);
  const drawer = useAppState((state) => state.drawer);
  const dialogOpen = useAppState((state) => state.dialog !== null);
  const dropping = useFileDrop(app);
  const presenting = useAppState((state) => state.presenting);
  const frame = useAppState((state) => state.frame);
  const disks = useAppState((state) => shownDisks(state).length);

  useEffect(() => {
    const focus = watchPointedFocus(document);
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const action = actionForKey(event, isMac(), app.state.presenting);
      if (action === null || !isAvailable(action, app.state) || app.state.dialog !== null) return;
      focus.release();
      if (belongsToFocus(document.activeElement, event.code)) return;
      event.preventDefault();
      action.run(app);
    };
    // Escape ends the whole screen before any key reaches the window.
    const onFullScreen = (): void => {
      if (document.fullscreenElement === null) leavePresenter(app);
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('fullscreenchange', onFullScreen);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('fullscreenchange', onFullScreen);
      focus.dispose();
    };
  }, [app]);

  return (
    <Tooltip.Provider delayDuration={500}>
      <div
        className="window"
        inert={dialogOpen}
        data-presenting={presenting}
        data-disks={disks}
        data-framed={frame !== null}
        style={frame === null ? {} : { width: frame.widthPx, height: frame.heightPx }}
      >
        {!presenting && <TopBar />}
        <div className="middle">
          {!presenting && <StructurePanel />}
          <div className="stage">
            {!presenting && <FirstHint />}
            {!presenting && <HostStrip />}
            <GridArea />
            {!presenting && <Notices />}
            <MarkField />
          </div>
          {sideOpen && !presenting && <SidePanel />}
        </div>
        {presenting && <PresenterBar />}
        {drawer !== null && !presenting && <Drawer tab={drawer} />}
        {anything && footerOpen && !presenting && <TimelineBar />}
        <SpokenSummary />
        {dropping && (
          <div className="drop-veil" aria-hidden="true">
            Drop the log to open it
          </div>
        )}
      </div>
      {presenting && <PresenterVeil />}
      <Dialogs />
    </Tooltip.Provider>
  );
}

function Dialogs(): ReactElement | null {
  const dialog = useAppState((state) => state.dialog);
  switch (dialog) {
    case 'help':
      return <HelpDialog />;
    case 'palette':
      return <CommandPalette />;
    case 'goTo':
      return <GoToDialog />;
    case 'goToTime':
      return <GoToTimeDialog />;
    case 'open':
      return <OpenDialog />;
    case 'host':
      return <HostDialog />;
    case 'hostSet':
      return <HostSetDialog />;
    case 'openSet':
      return <OpenSetDialog />;
    case 'compare':
      return <CompareDialog />;
    case 'nbdkit':
      return <NbdkitDialog />;
    case 'arrays':
      return <ArraysDialog />;
    case 'errorFile':
      return <ErrorFileDialog />;
    case 'removeErrorFile':
      return <RemoveErrorFileDialog />;
    case 'stopHost':
      return <StopHostDialog />;
    case 'saveHost':
      return <SaveHostDialog thenStop={false} />;
    case 'saveAndStopHost':
      return <SaveHostDialog thenStop />;
    case 'diskImage':
      return <DiskImageDialog />;
    case 'copyHost':
      return <CopyHostDialog />;
    case 'commitOverlay':
      return <CommitOverlayDialog />;
    case 'discardOverlay':
      return <DiscardOverlayDialog />;
    case 'record':
      return <RecordDialog />;
    case 'saveCapture':
      return <SaveCaptureDialog />;
    case 'exportRequests':
      return <ExportRequestsDialog />;
    case 'stopSet':
      return <StopSetDialog />;
    case 'exportPicture':
      return <ExportDialog tab="picture" />;
    case 'exportFilm':
      return <ExportDialog tab="film" />;
    case null:
      return null;
  }
}
