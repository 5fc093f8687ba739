import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { numbers, required } from '../lib/alloc.js';
import { broadcastContent, type Known } from '../lib/content.js';
import { binary, predicate, unary } from '../lib/define.js';
import { lowBits, shiftLeft, shiftRight } from '../lib/symbolic.js';
import type { OpDefinition } from '../types.js';

const TRUE = Dim.of(1);
const FALSE = Dim.of(0);

// Bools in contents are 0 or 1: logic is arithmetic, and one operand can be enough.
function and(a: Known, b: Known): Known {
  if (isZero(a) || isZero(b)) return FALSE;
  return a instanceof Dim && b instanceof Dim ? a.min(b) : undefined;
}

function or(a: Known, b: Known): Known {
  if (isOne(a) || isOne(b)) return TRUE;
  return a instanceof Dim && b instanceof Dim ? a.max(b) : undefined;
}

function xor(a: Known, b: Known): Known {
  return a instanceof Dim && b instanceof Dim ? a.add(b).mod(2) : undefined;
}

function not(a: Known): Known {
  return a instanceof Dim ? TRUE.sub(a) : undefined;
}

function isZero(a: Known): boolean {
  return a instanceof Dim && a.isZero();
}

function isOne(a: Known): boolean {
  return a instanceof Dim && a.value === 1;
}

const negation: OpDefinition = {
  name: 'Not',
  infer(ctx) {
    ctx.setTensor(
      0,
      DataType.BOOL,
      ctx.shape(0),
      broadcastContent(ctx, [0], ctx.shape(0), ([x]) => not(x)),
    );
  },
  evaluate({ inputs }) {
    const x = required(inputs, 0);
    const source = numbers(x);
    const data = new Uint8Array(source.length);
    for (let i = 0; i < source.length; i++) data[i] = source[i] ? 0 : 1;
    return [{ dtype: DataType.BOOL, shape: x.shape, data }];
  },
};

const shift: OpDefinition = binary(
  'BitShift',
  ({ attributes }) => {
    const left = attributes.string('direction') === 'LEFT';
    // Shifts by the width or more, and negative ones, leave nothing but the sign.
    return left
      ? { int: (a, b) => (b < 0 || b > 31 ? 0 : a << b), big: (a, b) => (b < 0n || b > 63n ? 0n : a << b) }
      : {
          int: (a, b) => (b < 0 || b > 31 ? Math.floor(a / 2 ** 32) : Math.floor(a / 2 ** b)),
          big: (a, b) => (b < 0n || b > 63n ? a >> 64n : a >> b),
        };
  },
  (a, b, { attributes }) => (attributes.string('direction') === 'LEFT' ? shiftLeft(a, b) : shiftRight(a, b)),
);

/** Logic on bools, bits of integers. */
export const definitions: readonly OpDefinition[] = [
  predicate('And', { number: (a, b) => a !== 0 && b !== 0 }, and),
  predicate('Or', { number: (a, b) => a !== 0 || b !== 0 }, or),
  predicate('Xor', { number: (a, b) => (a !== 0) !== (b !== 0) }, xor),
  negation,
  shift,
  binary('BitwiseAnd', { int: (a, b) => a & b, big: (a, b) => a & b }, (a, b) => lowBits(a, b) ?? lowBits(b, a)),
  binary('BitwiseOr', { int: (a, b) => a | b, big: (a, b) => a | b }),
  binary('BitwiseXor', { int: (a, b) => a ^ b, big: (a, b) => a ^ b }),
  unary('BitwiseNot', { int: (x) => ~x, big: (x) => ~x }, (x) => (x instanceof Dim ? x.neg().sub(1) : undefined)),
];
