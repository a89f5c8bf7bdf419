#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The thread behind a Prefetch: it knows nothing of what is made.
class PrefetchThread {
 public:
  using Made = std::shared_ptr<void>;
  PrefetchThread(std::function<Made(Index step)> make, Index first, std::size_t ahead);
  PrefetchThread(const PrefetchThread&) = delete;
  PrefetchThread& operator=(const PrefetchThread&) = delete;
  ~PrefetchThread();
  Made next();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

/// Makes the data of the next steps on a thread of its own, while the model trains on those before. What `make` returns
/// for a step is what `next` returns, in the order of the steps, so that nothing depends on how fast either is:
///
///     ebb::nn::Prefetch data([&](ebb::Index step) {
///       const ebb::IntArray rows = batches(step);
///       return std::pair(images.rows<float>(rows), labels.rows<std::int32_t>(rows));
///     });
///     for (ebb::Index step = 0; step < 20; ++step) {
///       const auto [x, y] = data.next();
///       const double loss = train_step(x, y);
///     }
///
/// `make` is called by that thread alone, and needs what it uses for itself. An exception from it comes out of `next`.
template <class Make>
class Prefetch {
 public:
  using Item = std::invoke_result_t<Make&, Index>;

  /// Starts with this step, and keeps up to `ahead` results ready. Throws Error unless ahead > 0. When it goes, it
  /// waits for the result that is in the making, and drops it.
  explicit Prefetch(Make make, Index first = 0, std::size_t ahead = 2)
      : thread_([make = std::make_shared<Make>(std::move(make))](
                    Index step) { return std::make_shared<Item>((*make)(step)); },
                first, ahead) {}

  /// The result of the next step. Waits for it.
  Item next() { return std::move(*std::static_pointer_cast<Item>(thread_.next())); }

 private:
  PrefetchThread thread_;
};

}  // namespace nn
}  // namespace ebb
