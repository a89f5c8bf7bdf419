#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "attention.hpp"
#include "embedding.hpp"
#include "linear.hpp"
#include "normalization.hpp"
#include "parameters.hpp"
#include "positions.hpp"
#include "save.hpp"
#include "transformer_block.hpp"

// Weights from and for PyTorch, in safetensors files: there, safetensors.torch.save_file(model.state_dict(), path), and
// model.load_state_dict(safetensors.torch.load_file(path)).
//
// | layer here | module there | names and layouts there |
// | --- | --- | --- |
// | Linear | Linear | weight [out, in] (here [in, out]), bias |
// | Embedding, LearnedPositions | Embedding | weight (here table) |
// | LayerNorm, RMSNorm | LayerNorm, RMSNorm | weight, bias (here gain, bias) |
// | MultiHeadAttention | MultiheadAttention | in_proj_weight [3 width, width] and in_proj_bias (here query, key,
// value), out_proj | | TransformerBlock | TransformerEncoderLayer | self_attn, linear1, linear2, norm1, norm2 |
//
// Any other layer goes by the names that its `visit` lists, and a parameter of one's own by its name and as it is.
namespace ebb {
namespace nn EBB_PUBLIC {

/// An array of a file, and the parameters that are in it.
template <class T>
struct SavedArray {
  std::string name;
  std::vector<Parameter<T>> parts;  // one below the other, along the first axis
  bool transposed = false;          // each part is [in, out] here, and [out, in] in the file
};

/// The visitor that finds the arrays of PyTorch's in a model's fields.
template <class T>
class PyTorchVisitor {
 public:
  void operator()(std::string_view name, const Parameter<T>& parameter) {
    inside(name, [&] { add("", false, parameter); });
  }
  void operator()(std::string_view name, const Linear<T>& layer) {
    inside(name, [&] { add("weight", true, layer.weight), add("bias", false, layer.bias); });
  }
  void operator()(std::string_view name, const Embedding<T>& layer) {
    inside(name, [&] { add("weight", false, layer.table); });
  }
  void operator()(std::string_view name, const LearnedPositions<T>& layer) {
    inside(name, [&] { add("weight", false, layer.table); });
  }
  void operator()(std::string_view name, const LayerNorm<T>& layer) {
    inside(name, [&] { add("weight", false, layer.gain), add("bias", false, layer.bias); });
  }
  void operator()(std::string_view name, const RMSNorm<T>& layer) {
    inside(name, [&] { add("weight", false, layer.gain); });
  }
  void operator()(std::string_view name, const BlockNorm<T>& layer) {
    (*this)(name, layer.layer_norm), (*this)(name, layer.rms_norm);
  }
  void operator()(std::string_view name, const MultiHeadAttention<T>& layer) {
    inside(name, [&] {
      if (layer.heads.key_heads == 0) {
        add("in_proj_weight", true, layer.query.weight, layer.key.weight, layer.value.weight);
        add("in_proj_bias", false, layer.query.bias, layer.key.bias, layer.value.bias);
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
  /// Adds an array of these parameters, unless they are undefined, or tied to some that were added before.
  template <class... Rest>
  void add(std::string_view name, bool transposed, const Parameter<T>& first, const Rest&... rest) {
    if (!first.defined() || !listed_.insert(&first.state()).second) return;
    SavedArray<T> array{
        name.empty() || path_.empty() ? path_ + std::string(name) : path_ + '.' + std::string(name), {}, transposed};
    array.parts.push_back(first.shared(array.name));
    (array.parts.push_back(rest.shared(array.name)), ...);
    arrays.push_back(std::move(array));
  }

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
  save_pytorch(path, pytorch_arrays<typename Scalar<Model>::type>(model), options);
}
/// Sets the model's parameters from a file of PyTorch's; `rename` gets PyTorch's name. Throws Error as `load` does, and
/// for a file that ebb wrote in its own layout.
///
///     ebb::nn::load_pytorch("model.safetensors", model);
template <class Model>
LoadReport load_pytorch(const std::string& path, const Model& model, const LoadOptions& options = {}) {
  return load_pytorch(path, pytorch_arrays<typename Scalar<Model>::type>(model), options);
}

}  // namespace nn
}  // namespace ebb
