#pragma once

#include <string>
#include <string_view>

#include "base/source_location.hpp"
#include "base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// Names what runs while it is alive: scopes nest, and their names join with dots ("blocks.3.attention").
/// A layer passes the line on which the user called it; everything recorded inside then shows that line, the outermost
/// one where layers call layers.
class [[nodiscard]] Scope {
 public:
  [[nodiscard]] explicit Scope(std::string_view name, SourceLocation caller = SourceLocation());
  /// Puts `full_name` (from `current()`) and `caller` in force as they stand, joined to nothing: for replaying a
  /// record.
  [[nodiscard]] Scope(const std::string* full_name, SourceLocation caller);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// The joined name in force on this thread. It stays valid as long as the scope is open, or a tape is alive that was
  /// made on this thread.
  static const std::string& current();
  /// The line to show for what is called at `line`: that of the outermost layer call if one is under way.
  static SourceLocation caller_or(SourceLocation line);

 private:
  const std::string* outer_name_;
  SourceLocation outer_caller_;
};

/// While it is alive, the tapes of this thread record (or do not), whatever the scopes outside say.
class [[nodiscard]] RecordingScope {
 public:
  [[nodiscard]] explicit RecordingScope(bool recording);
  ~RecordingScope();
  RecordingScope(const RecordingScope&) = delete;
  RecordingScope& operator=(const RecordingScope&) = delete;

  /// Returns true if recording is on for this thread (it is, unless a NoRecording is alive).
  static bool recording();

 private:
  bool outer_;
};

/// While it is alive, nothing is recorded on this thread: values are computed and no tape remembers how.
struct [[nodiscard]] NoRecording : RecordingScope {
  [[nodiscard]] NoRecording() : RecordingScope(false) {}
};

/// While it is alive, the names of this thread's scopes are kept: what a tape's records refer to by address.
class KeptScopeNames {
 public:
  KeptScopeNames();
  ~KeptScopeNames();
  KeptScopeNames(const KeptScopeNames&) = delete;
  KeptScopeNames& operator=(const KeptScopeNames&) = delete;
};

}  // namespace ebb
