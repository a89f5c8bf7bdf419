#include "op.hpp"
#include "scope.hpp"

namespace ebb EBB_PUBLIC {

template <class T>
Array<T> replay(const Record<T>& record, Inputs<T> x) {
  NoRecording off;
  Record<T> unrecorded;
  unrecorded.op = record.op;
  unrecorded.attributes = record.attributes;
  return record.op->forward(unrecorded, x);
}

template Array<float> replay(const Record<float>&, Inputs<float>);
template Array<double> replay(const Record<double>&, Inputs<double>);

}  // namespace ebb
