#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "attention.hpp"
#include "batch_normalization.hpp"
#include "convolution.hpp"
#include "embedding.hpp"
#include "linear.hpp"
#include "normalization.hpp"
#include "parameters.hpp"
#include "positions.hpp"
#include "recurrent.hpp"
#include "save.hpp"
#include "transformer_block.hpp"

// Weights from and for PyTorch, in safetensors files: there, safetensors.torch.save_file(model.state_dict(), path), and
// model.load_state_dict(safetensors.torch.load_file(path)).
//
// clang-format off
// | layer here | module there | names and layouts there |
// | --- | --- | --- |
// | Linear | Linear | weight [out, in] (here [in, out]), bias |
// | Embedding, LearnedPositions | Embedding | weight (here table) |
// | LayerNorm, RMSNorm, BlockNorm | LayerNorm, RMSNorm | weight, bias (here gain, bias) |
// | BatchNorm | BatchNorm1d, 2d | weight, bias, running_mean, running_var (here gain, bias, running_mean, running_variance); num_batches_tracked is passed over |
// | GroupNorm, InstanceNorm | GroupNorm, InstanceNorm1d, 2d with affine=True | weight, bias (here gain, bias) |
// | Conv1d, Conv2d | Conv1d, Conv2d | weight [out, in / groups, window...] (here [window..., in / groups, out]), bias |
// | ConvTranspose1d, 2d | ConvTranspose1d, 2d | weight [in, out / groups, window...] (here [window..., out / groups, in]), bias |
// | RNN, GRU, LSTM | RNN, GRU, LSTM | weight_ih_l0, weight_hh_l0 [gates * hidden, ...], bias_ih_l0, bias_hh_l0 (here forward.0.input_weight, hidden_weight, both transposed, input_bias, hidden_bias); l1, ...; ..._reverse (here backward). The gates are in the same order |
// | RNNCell, GRUCell, LSTMCell | RNNCell, GRUCell, LSTMCell | the same without l0 |
// | MultiHeadAttention | MultiheadAttention | in_proj_weight [3 width, width] and in_proj_bias (here query, key, value), out_proj; with key_heads of its own q_proj, k_proj, v_proj, and with QK-norm q_norm, k_norm, which PyTorch's lacks |
// | TransformerBlock | TransformerEncoderLayer | self_attn, linear1, linear2, norm1, norm2; what PyTorch's lacks is linear_gate, scale1, scale2 |
// clang-format on
//
// Images are channels first there. So the first Linear after a flattened image has its inputs in another order:
// exchange its rows, or flatten permute(image, {0, 3, 1, 2}).
//
// Any other layer goes by the names that its `visit` lists, and a parameter of one's own by its name and as it is.
namespace ebb {
namespace nn EBB_PUBLIC {

/// An array of a file, and the parameters that are in it. One without any is passed over.
template <class T>
struct SavedArray {
  std::string name;
  std::vector<Parameter<T>> parts;  // one below the other, along the first axis
  Axes order = {};  // axis i of each part in the file is axis order[i] here; empty: the axes are as here
};

/// The visitor that finds the arrays of PyTorch's in a model's fields.
template <class T>
class PyTorchVisitor {
 public:
  void operator()(std::string_view name, const Parameter<T>& parameter) {
    inside(name, [&] { add("", {}, parameter); });
  }
  void operator()(std::string_view name, const Linear<T>& layer) {
    inside(name, [&] { add("weight", transposed, layer.weight), add("bias", {}, layer.bias); });
  }
  void operator()(std::string_view name, const Embedding<T>& layer) {
    inside(name, [&] { add("weight", {}, layer.table); });
  }
  void operator()(std::string_view name, const LearnedPositions<T>& layer) {
    inside(name, [&] { add("weight", {}, layer.table); });
  }
  void operator()(std::string_view name, const LayerNorm<T>& layer) {
    inside(name, [&] { add("weight", {}, layer.gain), add("bias", {}, layer.bias); });
  }
  void operator()(std::string_view name, const RMSNorm<T>& layer) {
    inside(name, [&] { add("weight", {}, layer.gain); });
  }
  void operator()(std::string_view name, const BlockNorm<T>& layer) {
    (*this)(name, layer.layer_norm), (*this)(name, layer.rms_norm);
  }
  void operator()(std::string_view name, const MultiHeadAttention<T>& layer) {
    inside(name, [&] {
      if (layer.heads.key_heads == 0) {
        add("in_proj_weight", transposed, layer.query.weight, layer.key.weight, layer.value.weight);
        add("in_proj_bias", {}, layer.query.bias, layer.key.bias, layer.value.bias);
      } else {  // for which PyTorch has no module: as transformers' models call them
        (*this)("q_proj", layer.query), (*this)("k_proj", layer.key), (*this)("v_proj", layer.value);
      }
      (*this)("out_proj", layer.output);
      (*this)("q_norm", layer.query_norm), (*this)("k_norm", layer.key_norm);
    });
  }
  void operator()(std::string_view name, const TransformerBlock<T>& layer) {
    inside(name, [&] {
      (*this)("self_attn", layer.attention);
      (*this)("linear1", layer.feed_forward.up), (*this)("linear2", layer.feed_forward.down);
      (*this)("linear_gate", layer.feed_forward.gate);
      (*this)("norm1", layer.attention_norm), (*this)("norm2", layer.feed_forward_norm);
      (*this)("scale1", layer.attention_scale), (*this)("scale2", layer.feed_forward_scale);
    });
  }
  void operator()(std::string_view name, const BatchNorm<T>& layer) {
    inside(name, [&] {
      add("weight", {}, layer.gain), add("bias", {}, layer.bias);
      add("running_mean", {}, layer.running_mean), add("running_var", {}, layer.running_variance);
      arrays.push_back({path_of("num_batches_tracked"), {}});
    });
  }
  void operator()(std::string_view name, const GroupNorm<T>& layer) {
    inside(name, [&] { add("weight", {}, layer.gain), add("bias", {}, layer.bias); });
  }
  void operator()(std::string_view name, const InstanceNorm<T>& layer) {
    inside(name, [&] { add("weight", {}, layer.gain), add("bias", {}, layer.bias); });
  }
  template <std::derived_from<Convolution<T>> Layer>
  void operator()(std::string_view name, const Layer& layer) {
    inside(name, [&] { add_window(layer.weight), add("bias", {}, layer.bias); });
  }
  template <std::derived_from<TransposedConvolution<T>> Layer>
  void operator()(std::string_view name, const Layer& layer) {
    inside(name, [&] { add_window(layer.weight), add("bias", {}, layer.bias); });
  }
  template <std::derived_from<RecurrentCell<T>> Layer>
  void operator()(std::string_view name, const Layer& layer) {
    inside(name, [&] { add_cell(layer, ""); });
  }
  template <std::derived_from<Recurrent<T>> Layer>
  void operator()(std::string_view name, const Layer& layer) {
    inside(name, [&] {
      for (std::size_t i = 0; i < layer.forward.size(); ++i) {
        add_cell(layer.forward[i], "_l" + std::to_string(i));
        if (!layer.backward.empty()) add_cell(layer.backward[i], "_l" + std::to_string(i) + "_reverse");
      }
    });
  }
  template <class Layer>
  void operator()(std::string_view name, const Layer& layer) {
    inside(name, [&] { visit_fields(layer, *this); });
  }
  template <class Layer>
  void operator()(std::string_view name, const std::vector<Layer>& layers) {
    inside(name, [&] {
      for (std::size_t i = 0; i < layers.size(); ++i) (*this)(std::to_string(i), layers[i]);
    });
  }
  template <MayHoldALayer Holder>
  void operator()(std::string_view name, const Holder& holder) {
    if (holder) (*this)(name, *holder);
  }

  std::vector<SavedArray<T>> arrays;

 private:
  template <class F>
  void inside(std::string_view name, F f) {
    const std::size_t outer = path_.size();
    if (!path_.empty()) path_ += '.';
    path_ += name;
    f();
    path_.resize(outer);
  }
  std::string path_of(std::string_view name) const {
    return name.empty() || path_.empty() ? path_ + std::string(name) : path_ + '.' + std::string(name);
  }
  void add_window(const Parameter<T>& weight) {
    add("weight", weight.shape().rank() == 3 ? Axes{2, 1, 0} : Axes{3, 2, 0, 1}, weight);
  }
  void add_cell(const RecurrentCell<T>& cell, const std::string& suffix) {
    add("weight_ih" + suffix, transposed, cell.input_weight), add("weight_hh" + suffix, transposed, cell.hidden_weight);
    add("bias_ih" + suffix, {}, cell.input_bias), add("bias_hh" + suffix, {}, cell.hidden_bias);
  }
  /// Adds an array of these parameters, unless they are undefined, or tied to some that were added before.
  template <class... Rest>
  void add(std::string_view name, const Axes& order, const Parameter<T>& first, const Rest&... rest) {
    if (!first.defined() || !listed_.insert(&first.state()).second) return;
    SavedArray<T> array{path_of(name), {}, order};
    array.parts.push_back(first.shared(array.name));
    (array.parts.push_back(rest.shared(array.name)), ...);
    arrays.push_back(std::move(array));
  }

  inline static const Axes transposed{1, 0};  // [in, out] here, and [out, in] in the file

  std::string path_;
  std::unordered_set<const void*> listed_;
};

template <class T>
void save_pytorch(const std::string& path, const std::vector<SavedArray<T>>& arrays, SaveOptions options);
template <class T>
LoadReport load_pytorch(const std::string& path, std::vector<SavedArray<T>> arrays, const LoadOptions& options);

/// The arrays of a model of layers, or of a single layer, as PyTorch has them.
template <class T, class Model>
std::vector<SavedArray<T>> pytorch_arrays(const Model& model) {
  PyTorchVisitor<T> visitor;
  visitor("", model);
  return std::move(visitor.arrays);
}

/// Writes the model's parameters under PyTorch's names and in its layouts. Throws Error as `save` does.
template <class Model>
void save_pytorch(const std::string& path, const Model& model, SaveOptions options = {}) {
  save_pytorch(path, pytorch_arrays<typename ModelNumber<Model>::type>(model), options);
}
/// Sets the model's parameters from a file of PyTorch's; `rename` gets PyTorch's name. Throws Error as `load` does, and
/// for a file that ebb wrote in its own layout.
///
///     ebb::nn::load_pytorch("model.safetensors", model);
template <class Model>
LoadReport load_pytorch(const std::string& path, const Model& model, const LoadOptions& options = {}) {
  return load_pytorch(path, pytorch_arrays<typename ModelNumber<Model>::type>(model), options);
}

}  // namespace nn
}  // namespace ebb
