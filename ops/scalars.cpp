#include "scalars.hpp"

#include "joining.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula scalars_formula{
    "y = f(x_i), computed number by number",
    {"dx_i = what a sweep over the flat tape of f leaves at x_i"},
    "The gradient goes back through every single operation of f, on a tape of its own.",
};

/// The program, and its run where that was recorded.
template <class T>
struct ScalarsAttributes {
  std::shared_ptr<const ScalarProgram<T>> program;
  std::shared_ptr<std::shared_ptr<const ScalarRun<T>>> run;  // filled by the forward function
  static void visit(auto& self, auto&& field) { field("program", self.program), field("run", self.run); }
};

template <class T>
Array<T> scalars_forward(Record<T>& r, Inputs<T> x) {
  const auto& [program, run] = r.attributes.template as<ScalarsAttributes<T>>();
  std::vector<T> values;
  if (r.recording()) {
    *run = program->run(x);
    values = (*run)->values;
    for (const Tensor<T>& each : x) r.save(each);
  } else {
    values = program->values(x);
  }
  const Shape shape = program->gives_one() ? Shape{} : Shape{static_cast<Index>(values.size())};
  return Array<T>(shape, values);
}

template <class T>
void scalars_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto& [program, run] = r.attributes.template as<ScalarsAttributes<T>>();
  std::vector<Tensor<T>> x;
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < r.saved.size(); ++i) {
    x.push_back(r.saved[i]);
    shapes.push_back(x[i].shape());
  }
  std::vector<Tensor<T>> dx;
  if (d.create_graph()) {
    std::vector<Tensor<T>> x_and_dy = x;
    x_and_dy.push_back(dy);
    dx = unravel(scalars::apply<T>(program->gradient(), x_and_dy, SourceLocation::current()), shapes);
  } else {
    const std::vector<T> adjoints = (*run)->tape.adjoints((*run)->places, dy.value().values());
    const T* next = adjoints.data();
    for (const Shape& shape : shapes) {
      dx.push_back(Array<T>(shape, std::span<const T>(next, to_size(shape.size()))));
      next += shape.size();
    }
  }
  for (std::size_t i = 0; i < dx.size(); ++i)
    if (d.needs(i)) d.add(i, dx[i]);
}

template <class T>
constexpr Op<T> scalars_op{"scalars", scalars_forward<T>, scalars_backward<T>, scalars_formula};

}  // namespace

template <class T>
Tensor<T> scalars::apply(std::shared_ptr<const ScalarProgram<T>> program, std::span<const Tensor<T>> x,
                         SourceLocation at) {
  return ebb::apply(scalars_op<T>, x,
                    ScalarsAttributes<T>{std::move(program), std::make_shared<std::shared_ptr<const ScalarRun<T>>>()},
                    at);
}

template Tensor<float> scalars::apply(std::shared_ptr<const ScalarProgram<float>>, std::span<const Tensor<float>>,
                                      SourceLocation);
template Tensor<double> scalars::apply(std::shared_ptr<const ScalarProgram<double>>, std::span<const Tensor<double>>,
                                       SourceLocation);

}  // namespace ebb
