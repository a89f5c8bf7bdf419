#include "prefetch.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "../autograd/base/error.hpp"

namespace ebb::nn {

class PrefetchThread::Work {
 public:
  Work(std::function<Made(Index)> make, Index first, std::size_t ahead) : make_(std::move(make)), ahead_(ahead) {
    if (ahead == 0) throw Error("Prefetch: it must keep at least 1 result ahead");
    thread_ = std::thread([this, first] { run(first); });
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Made next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
    if (ready_.empty()) std::rethrow_exception(failure_);  // what was made before comes first
    Made made = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return made;
  }

 private:
  void run(Index step) {
    for (bool failed = false; !failed; ++step) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopped_ || ready_.size() < ahead_; });
        if (stopped_) return;
      }
      try {
        Made made = make_(step);
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(made));
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        failed = true;
      }
      changed_.notify_all();
    }
  }

  std::function<Made(Index)> make_;
  std::size_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Made> ready_;
  std::exception_ptr failure_;
  bool stopped_ = false;
  std::thread thread_;  // the last: it uses all others
};

PrefetchThread::PrefetchThread(std::function<Made(Index)> make, Index first, std::size_t ahead)
    : work_(std::make_unique<Work>(std::move(make), first, ahead)) {}
PrefetchThread::~PrefetchThread() = default;

PrefetchThread::Made PrefetchThread::next() { return work_->next(); }

}  // namespace ebb::nn
