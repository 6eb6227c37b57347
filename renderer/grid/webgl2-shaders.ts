/**
 * The shaders. What a cell shows is written twice: here and in cell-look.ts, statement for statement, so that both back
 * ends draw the same. All positions are whole numbers; floats hold colours, strengths and ages alone.
 */

import { NO_HEAT, UNKNOWN_HEAT } from '#shared/model/heat.ts';
import { HEAT_STEPS } from '#shared/theme/heat.ts';
import { VALUE_ROW_CELLS } from './cell-grid.ts';
import { FUA_FROM_PX, HATCH_FROM_PX, IN_FLIGHT_TINT, OUTLINE_FROM_PX, SECTORS_FROM_PX } from './cell-look.ts';
import {
  CELL_BEYOND,
  CELL_FAILED,
  CELL_FUA,
  CELL_IN_FLIGHT,
  CELL_MIXED,
  CELL_SECTORS_AT,
  CELL_WRITTEN,
} from './cell-value.ts';
import { LAG_MS, READ_FADE_MS, READ_FULL_MS, READ_TOTAL_MS, STEADY_READ } from './fade.ts';
import { LEVEL_NONE, LEVEL_UNKNOWN } from './heat.ts';
import {
  FAULT,
  MIRROR,
  SELECTION,
  SELECTION_TINT,
  STRIPE_DATA,
  STRIPE_PARITY,
  STRIPE_Q,
  TOO_NEAR,
} from './mark-look.ts';
import { EDGE_PX } from './panel-frame.ts';

/** Writes changed cells into a disk's texture: one point a cell. */
export const SCATTER_VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in uvec3 aCell; // index, bits, read ms
uniform vec2 uTextureSize;
flat out uvec2 vValue;
void main() {
  vValue = aCell.yz;
  vec2 texel = vec2(float(aCell.x % ${VALUE_ROW_CELLS}u), float(aCell.x / ${VALUE_ROW_CELLS}u));
  gl_Position = vec4((texel + 0.5) / uTextureSize * 2.0 - 1.0, 0.0, 1.0);
  gl_PointSize = 1.0;
}`;

export const SCATTER_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
flat in uvec2 vValue;
layout(location = 0) out uvec2 oValue;
void main() {
  oValue = vValue;
}`;

/** One triangle that covers the viewport. */
export const PANEL_VERTEX = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

export const PANEL_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D uCells;
uniform usampler2D uMarks;
uniform int uMarkStride; // 0 where nothing is marked
uniform int uMarkLine;
uniform ivec2 uPattern;
uniform ivec3 uPanel; // left, top, canvas height
uniform ivec2 uOffset;
uniform ivec2 uBase;
uniform ivec2 uWindow; // cols, rows
uniform int uCellPx;
uniform int uInnerPx;
uniform bool uAggregated;
uniform uint uNowMs;
uniform float uSpeed;
uniform bool uReducedMotion;
uniform uint uKinds;
uniform bool uShowRead;
uniform bool uShowError;
uniform bool uShowInFlight;
uniform float uFlush;
uniform ivec4 uEdge;
uniform ivec4 uCursor;
uniform int uCursorPx;
uniform vec3 uGround;
uniform vec3 uFill[4]; // untouched, written, trimmed, zeroed
uniform vec3 uRead;
uniform vec3 uError;
uniform vec3 uInFlight;
uniform vec3 uCursorColor;
uniform vec3 uFlushColor;
uniform int uHeat; // 0 by state, 1 by a count, 2 by age
uniform uint uHeatNow;
uniform uint uHeatSteps[${HEAT_STEPS}];
uniform vec3 uHeatColor[${HEAT_STEPS}];
out vec4 oColor;

float readStrength(uint readMs) {
  if (!uShowRead || readMs == 0u) return 0.0;
  int sinceMs = int(uNowMs - readMs);
  if (sinceMs < -${LAG_MS}) return 0.0;
  float ageMs = float(sinceMs) / uSpeed;
  if (!(ageMs < ${READ_TOTAL_MS}.0)) return 0.0;
  if (uReducedMotion) return ${STEADY_READ};
  return ageMs <= ${READ_FULL_MS}.0 ? 1.0 : (${READ_TOTAL_MS}.0 - ageMs) / ${READ_FADE_MS}.0;
}

vec3 nthKind(uint kinds, int n) {
  for (int k = 1; k <= 3; k += 1) {
    if ((kinds & (1u << uint(k - 1))) == 0u) continue;
    if (n == 0) return uFill[k];
    n -= 1;
  }
  return uFill[0];
}

bool hatchedAt(int inner, int x, int y) {
  if (inner < ${HATCH_FROM_PX}) return (x + y) % 2 == 0;
  int stripe = 2 * max(1, inner / 12);
  return (x + y) % (2 * stripe) < stripe;
}

vec3 cellLook(uint bits, float strength, int x, int y) {
  int inner = uInnerPx;
  if (x >= inner || y >= inner) return uGround;
  uint kinds = bits & uKinds;
  int kindCount = int(kinds & 1u) + int((kinds >> 1u) & 1u) + int((kinds >> 2u) & 1u);
  bool failed = uShowError && (bits & ${CELL_FAILED}u) != 0u;
  int stateCount = kindCount + (uAggregated && failed ? 1 : 0);
  int quarter = (2 * y >= inner ? 2 : 0) + (2 * x >= inner ? 1 : 0);
  int nth = stateCount > 0 ? quarter % stateCount : 0;
  vec3 color;
  if ((bits & ${CELL_MIXED}u) != 0u && uCellPx >= ${SECTORS_FROM_PX}) {
    int sector = (y * 2) / inner * 4 + (x * 4) / inner;
    uint kind = (bits >> uint(${CELL_SECTORS_AT} + 2 * sector)) & 3u;
    bool shown = kind != 0u && (uKinds & (1u << (kind - 1u))) != 0u;
    color = uFill[shown ? int(kind) : 0];
  } else {
    color = nthKind(kinds, nth < kindCount ? nth : 0);
  }
  float amount = strength;
  if (uAggregated && stateCount > 0) amount = stateCount >= 4 ? strength * 0.5 : quarter >= stateCount ? strength : 0.0;
  color = mix(color, uRead, amount);
  if (failed && (!uAggregated || nth >= kindCount)) {
    if (hatchedAt(inner, x, y) || (uAggregated && inner < ${SECTORS_FROM_PX})) color = uError;
  }
  if (uShowInFlight && (bits & ${CELL_IN_FLIGHT}u) != 0u) {
    if (uCellPx >= ${OUTLINE_FROM_PX}) {
      int line = inner >= 20 ? 2 : 1;
      if (x < line || y < line || x >= inner - line || y >= inner - line) color = uInFlight;
    } else {
      color = mix(color, uInFlight, ${IN_FLIGHT_TINT});
    }
  }
  if (uCellPx >= ${FUA_FROM_PX} && (bits & ${CELL_FUA}u) != 0u && (kinds & ${CELL_WRITTEN}u) != 0u) {
    if (inner - 1 - x + y < max(2, inner / 4)) color = uGround;
  }
  return color;
}

int heatLevel(uint heat) {
  if (heat == ${NO_HEAT}u) return ${LEVEL_NONE};
  if (heat == ${UNKNOWN_HEAT}u) return ${LEVEL_UNKNOWN};
  uint amount = heat;
  if (uHeat == 2) amount = uHeatNow > heat ? uHeatNow - heat : 0u;
  int level = 0;
  for (int k = 0; k < ${HEAT_STEPS}; k += 1) if (amount >= uHeatSteps[k]) level = k + 1;
  return uHeat == 2 ? ${HEAT_STEPS} + 1 - level : level;
}

vec3 heatLook(int level, int x, int y) {
  int inner = uInnerPx;
  if (x >= inner || y >= inner) return uGround;
  if (level == ${LEVEL_UNKNOWN}) return hatchedAt(inner, x, y) ? uInFlight : uFill[0];
  return level == ${LEVEL_NONE} ? uFill[0] : uHeatColor[level - 1];
}

uint marksAt(int at) {
  return texelFetch(uMarks, ivec2(at % ${VALUE_ROW_CELLS}, at / ${VALUE_ROW_CELLS}), 0).x;
}

vec3 over(vec3 color, vec3 mark) {
  return length(color - mark) < ${TOO_NEAR} ? uGround : mark;
}

vec3 markLook(vec3 color, int at, int x, int y, int patternX, int patternY) {
  uint own = marksAt(at);
  int inner = uInnerPx;
  int line = uMarkLine;
  if (own == 0u || x >= inner || y >= inner) return color;
  uint edges = 0u;
  if (x < line) edges |= own & ~marksAt(at - 1);
  if (x >= inner - line) edges |= own & ~marksAt(at + 1);
  if (y < line) edges |= own & ~marksAt(at - uMarkStride);
  if (y >= inner - line) edges |= own & ~marksAt(at + uMarkStride);
  bool hatched = (patternX + 7 * patternY) % 8 < 2;
  bool dashed = (patternX + patternY) % 8 < 4;
  bool isFault = (edges & ${FAULT}u) != 0u || ((own & ${FAULT}u) != 0u && hatched);
  bool isMark = (edges & ${STRIPE_DATA | STRIPE_PARITY | STRIPE_Q | SELECTION}u) != 0u
    || ((edges & ${MIRROR}u) != 0u && dashed)
    || ((own & ${STRIPE_PARITY}u) != 0u && patternY % 4 == 0)
    || ((own & ${STRIPE_Q}u) != 0u && patternX % 4 == 0);
  if (isMark) return over(color, uCursorColor);
  if (isFault) return over(color, uError);
  return (own & ${SELECTION}u) != 0u ? mix(color, uCursorColor, ${SELECTION_TINT}) : color;
}

void main() {
  int x = int(gl_FragCoord.x) - uPanel.x;
  int y = uPanel.z - 1 - int(gl_FragCoord.y) - uPanel.y;
  vec3 color = uGround;
  int planeX = x + uOffset.x;
  int planeY = y + uOffset.y;
  int col = planeX / uCellPx + uBase.x;
  int row = planeY / uCellPx + uBase.y;
  if (col >= 0 && row >= 0 && col < uWindow.x && row < uWindow.y) {
    int cell = row * uWindow.x + col;
    uvec2 value = texelFetch(uCells, ivec2(cell % ${VALUE_ROW_CELLS}, cell / ${VALUE_ROW_CELLS}), 0).xy;
    if ((value.x & ${CELL_BEYOND}u) == 0u) {
      color = uHeat == 0
        ? cellLook(value.x, readStrength(value.y), planeX % uCellPx, planeY % uCellPx)
        : heatLook(heatLevel(value.y), planeX % uCellPx, planeY % uCellPx);
      if (uMarkStride > 0) {
        int at = (row + 1) * uMarkStride + col + 1;
        color = markLook(color, at, planeX % uCellPx, planeY % uCellPx, planeX + uPattern.x, planeY + uPattern.y);
      }
    }
  }
  if (uFlush > 0.0 && x >= uEdge.x && y >= uEdge.y && x < uEdge.z && y < uEdge.w
      && (x < uEdge.x + ${EDGE_PX} || y < uEdge.y + ${EDGE_PX}
          || x >= uEdge.z - ${EDGE_PX} || y >= uEdge.w - ${EDGE_PX})) {
    color = mix(color, uFlushColor, uFlush);
  }
  if (uCursor.z > uCursor.x) {
    int away = max(max(uCursor.x - x, x - uCursor.z + 1), max(uCursor.y - y, y - uCursor.w + 1));
    if (away > 0 && away <= uCursorPx) color = uCursorColor;
    else if (away == uCursorPx + 1) color = uGround;
  }
  oColor = vec4(color, 1.0);
}`;
