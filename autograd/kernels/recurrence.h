#pragma once

#include "../storage/shape.hpp"

// Raw loops of ops/recurrence.cpp: sequences [batch, length], each of which is a unit of work with some others. Gates
// stand side by side, each `hidden` wide, in the order of PyTorch and cuDNN.
namespace ebb::kernels {

enum class Cell {
  rnn,   // h' = tanh(a)
  gru,   // gates r, z, n
  lstm,  // gates i, f, g, o
};

constexpr Index gates_of(Cell cell) { return cell == Cell::rnn ? 1 : cell == Cell::gru ? 3 : 4; }
/// What the derivative needs of each step, in rows of `hidden` numbers: the gates, and for a GRU also h W + b of n.
constexpr Index kept_of(Cell cell) { return cell == Cell::rnn ? 0 : 4; }
/// The rows of y beyond those of the steps: an LSTM's last cell.
constexpr Index more_of(Cell cell) { return cell == Cell::lstm ? 1 : 0; }

template <class T>
struct Recurrence {
  Index batch, length, hidden;
  const T* x;             // [batch, length, gates * hidden]: what comes in at each step
  const T* weight;        // [hidden, gates * hidden]
  const T* initial;       // [batch, hidden]
  const T* bias;          // [gates * hidden], of a GRU's h W + b
  const T* initial_cell;  // [batch, hidden], of an LSTM
};

/// What a run leaves: y [batch, length + more, hidden], what its derivative needs, and an LSTM's cells.
template <class T>
struct RecurrenceRun {
  T* y;
  T* kept;   // [batch, length, kept * hidden]
  T* cells;  // [batch, length, hidden]
};

template <class T>
void run(Cell cell, const Recurrence<T>& recurrence, const RecurrenceRun<T>& to);

/// The adjoints of x, of what h W + b gives (the same array but for a GRU), of the initial h and of the initial cell.
template <class T>
struct RecurrenceAdjoints {
  T *x, *product, *initial, *initial_cell;
};

/// Backpropagation through time (Werbos 1990): from dy of the shape of y.
template <class T>
void run_back(Cell cell, const Recurrence<T>& recurrence, const RecurrenceRun<const T>& ran, const T* dy,
              const RecurrenceAdjoints<T>& d);

}  // namespace ebb::kernels
