#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "../autograd/base/error.hpp"
#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

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

  /// Starts with this step, and keeps up to `ahead` results ready. Throws Error unless ahead > 0.
  explicit Prefetch(Make make, Index first = 0, std::size_t ahead = 2) : make_(std::move(make)), ahead_(ahead) {
    if (ahead == 0) throw Error("Prefetch: it must keep at least 1 result ahead");
    thread_ = std::thread([this, first] { run(first); });
  }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  /// Waits for the result that is in the making, and drops it.
  ~Prefetch() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// The result of the next step. Waits for it.
  Item next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
    if (ready_.empty()) std::rethrow_exception(failure_);  // what was made before comes first
    Item item = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return item;
  }

 private:
  void run(Index step) {
    for (;; ++step) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopped_ || ready_.size() < ahead_; });
        if (stopped_) return;
      }
      try {
        Item item = make_(step);
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(item));
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
      }
      changed_.notify_all();
      if (failure_) return;
    }
  }

  Make make_;
  std::size_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> ready_;
  std::exception_ptr failure_;
  bool stopped_ = false;
  std::thread thread_;  // the last: it uses all others
};

}  // namespace nn
}  // namespace ebb
