import type { Value } from '../../../model/value.js';
import type { Attributes } from '../../builder.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { sizeVector } from './movement.js';

interface Interpolation {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  /** Number of axes that change. */
  readonly spatial: number;
  readonly exact?: boolean;
  readonly antialias?: boolean;
}

const FACTORS = ['scales_d', 'scales_h', 'scales_w'];

/** The overload `vec` has a list of factors, the others have one argument for each axis. */
function upsample({ mode, spatial, exact = false, antialias = false }: Interpolation): Lowering {
  const head = mode === 'nearest' ? 'self output_size' : 'self output_size align_corners';
  const alone = `${head} ${FACTORS.slice(-spatial).join(' ')}`;
  const listed = `${head} scale_factors`;
  return {
    args: ({ node, overload }) => {
      return overload === 'vec' || node.inputs.length < alone.split(' ').length || spatial === 1 ? listed : alone;
    },
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      if (antialias && build.opset < 18) throw new Refusal('smoothing before downsampling needs opset 18');
      const align = mode !== 'nearest' && call.bool('align_corners', false);
      const nearest = exact ? 'round_prefer_ceil' : 'floor';
      const coordinates = align ? 'align_corners' : mode === 'nearest' && !exact ? 'asymmetric' : 'half_pixel';
      const attributes: Attributes = {
        mode: { string: mode },
        coordinate_transformation_mode: { string: coordinates },
        ...(mode === 'nearest' ? { nearest_mode: { string: nearest } } : {}),
        ...(mode === 'cubic' ? { cubic_coeff_a: { float: antialias ? -0.5 : -0.75 } } : {}),
        ...(antialias ? { antialias: { int: 1 } } : {}),
      };
      return build.op('Resize', [x, noRegion(call), ...sizesOf(call, x, spatial)], attributes);
    },
  };
}

/** The region of interest may be left out from opset 13 on. */
function noRegion({ build }: Call): Value | undefined {
  return build.opset < 13 ? build.constant([], [0]) : undefined;
}

/** The inputs `scales` and `sizes`, of which one is given. Factors count where there are any, as positions follow them. */
function sizesOf(call: Call, x: Value, spatial: number): (Value | undefined)[] {
  const { build } = call;
  const alone = FACTORS.slice(-spatial).flatMap((name) => call.numbers(name) ?? []);
  const factors = call.numbers('scale_factors') ?? alone;
  if (factors.length === spatial) return [build.constant([1, 1, ...factors], [spatial + 2])];
  if (!call.has('output_size')) throw new Refusal('its size is not known');
  const kept = build.slice(build.shape(x), 0, 0, 2);
  const none = build.opset < 13 ? build.constant([], [0]) : undefined;
  return [none, build.concat([kept, sizeVector(call, 'output_size')], 0)];
}

/** Samples at positions between -1 and 1. */
function gridSample(call: Call): Value {
  const { build } = call;
  if (build.opset < 16) throw new Refusal('sampling on a grid needs opset 16');
  const modes = build.opset < 20 ? ['bilinear', 'nearest', 'bicubic'] : ['linear', 'nearest', 'cubic'];
  const mode = modes[call.int('interpolation_mode')];
  const padding = ['zeros', 'border', 'reflection'][call.int('padding_mode')];
  if (mode === undefined || padding === undefined) throw new Refusal('its mode is not known');
  return build.op('GridSample', [call.real('input'), call.real('grid')], {
    mode: { string: mode },
    padding_mode: { string: padding },
    align_corners: { int: call.bool('align_corners') ? 1 : 0 },
  });
}

/** Positions of pixels between -1 and 1, moved by a matrix: `[N, 2, 3]` to `[N, H, W, 2]`. */
function affineGrid(call: Call): Value {
  const { build } = call;
  const [, , height, width, more] = call.ints('size');
  if (height === undefined || width === undefined || more !== undefined) throw new Refusal('only planes are supported');
  const align = call.bool('align_corners');
  const positions = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      if (align) return count === 1 ? 0 : (2 * i) / (count - 1) - 1;
      return (2 * i + 1) / count - 1;
    });
  const points = positions(height).flatMap((y) => positions(width).flatMap((x) => [x, y, 1]));
  const theta = call.real('theta');
  const dtype = call.dtype(theta);
  const base = build.constant(points, [height * width, 3], dtype);
  const moved = build.op('MatMul', [base, build.transpose(theta, [0, 2, 1])]);
  return build.reshape(moved, [0, height, width, 2]);
}

const names = { 1: 'linear1d', 2: 'bilinear2d', 3: 'trilinear3d' } as const;
const planes = ([1, 2, 3] as const).flatMap((spatial) => [
  [`upsample_nearest${spatial}d`, upsample({ mode: 'nearest', spatial })] as const,
  [`_upsample_nearest_exact${spatial}d`, upsample({ mode: 'nearest', spatial, exact: true })] as const,
  [`upsample_${names[spatial]}`, upsample({ mode: 'linear', spatial })] as const,
]);

export const lowerings: Lowerings = {
  ...Object.fromEntries(planes),
  upsample_bicubic2d: upsample({ mode: 'cubic', spatial: 2 }),
  _upsample_bilinear2d_aa: upsample({ mode: 'linear', spatial: 2, antialias: true }),
  _upsample_bicubic2d_aa: upsample({ mode: 'cubic', spatial: 2, antialias: true }),
  grid_sampler: { args: 'input grid interpolation_mode padding_mode align_corners', lower: gridSample },
  grid_sampler_2d: { args: 'input grid interpolation_mode padding_mode align_corners', lower: gridSample },
  affine_grid_generator: { args: 'theta size align_corners', lower: affineGrid },
};
