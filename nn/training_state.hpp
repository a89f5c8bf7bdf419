#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "state_fields.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// All that changes in a training, by name, so that one file holds it: the parameters of models and which of them are
/// frozen, optimizers with their running means, generators, counters and whatever else StateFields takes. It refers to
/// these objects, which must outlive it. Random numbers that come of a key and the number of a step, as the batches of
/// BatchSampler and the masks of dropout do, need that number alone. A training that was resumed goes on as if it had
/// not stopped, bit for bit:
///
///     ebb::Index step = 0;
///     ebb::nn::TrainingState state;
///     state.add("model", model);
///     state.add("optimizer", optimizer);
///     state.add("step", step);
///     ebb::nn::resume("training.safetensors", state);  // if there is such a file
///     while (step < 1000) {
///       ebb::Tape<float> tape;
///       tape.backward(cross_entropy(model(x), labels));
///       optimizer.step();
///       if (++step % 100 == 0) ebb::nn::save("training.safetensors", state);
///     }
class TrainingState {
 public:
  /// Adds an object under this name. A list of parameters may be a temporary one.
  template <class Object>
  void add(std::string name, Object& object) {
    objects_.push_back({std::move(name), [&object](const std::string& n, StateFields& field) { field(n, object); }});
  }
  template <class T>
  void add(std::string name, ParameterList<T>&& list) {
    objects_.push_back(
        {std::move(name), [list = std::move(list)](const std::string& n, StateFields& field) { field(n, list); }});
  }
  template <class Object>
  requires(!std::is_lvalue_reference_v<Object>) void add(std::string name, Object&& object) =
      delete;  // it refers to the object, which needs a name and must stay

  /// Shows each object to the visitor, under its name.
  void visit_state(StateFields& field) const {
    for (const auto& [name, visit] : objects_) visit(name, field);
  }

 private:
  struct Object {
    std::string name;
    std::function<void(const std::string& name, StateFields& field)> visit;
  };
  std::vector<Object> objects_;
};

/// Writes all of it to one safetensors file, whole or not at all. The names in the file are those of the objects and of
/// what is in them: "model.blocks.0.attention.query.weight", "optimizer.mean.blocks.0...", "step". Numbers are arrays
/// without axes; texts, and the names of frozen parameters, a line each ("model.frozen"), stand in the metadata. Throws
/// Error for two objects of one name, for a parameter with a gradient (save a training between two steps), and if the
/// file cannot be written; an older file then stays as it was.
void save(const std::string& path, const TrainingState& state);

/// Sets all of it to what the file holds, or, if an Error is thrown, none. Throws Error unless the file holds all that
/// the state does, and nothing else, in the same shapes and from the same method of optimization. Gradients are
/// cleared.
///
/// The model alone comes out of such a file like this:
///
///     ebb::nn::load("training.safetensors", ebb::nn::parameters(model),
///                   {.rename = [](std::string name) { return "model." + name; }, .allow_unexpected = true});
void load(const std::string& path, TrainingState& state);

/// Loads the file, if there is one. Returns false if there is none.
bool resume(const std::string& path, TrainingState& state);

}  // namespace nn
}  // namespace ebb
