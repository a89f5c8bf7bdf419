#pragma once

namespace vanishing_attention {

/// From this call on, Ctrl-C (SIGINT) or SIGTERM no longer ends the program, but makes interrupted() return true. A
/// second signal ends the program at once. Nor does it end where its output is read no further (SIGPIPE).
void catch_interrupts();

/// Returns true if one of these signals has come.
bool interrupted();

}  // namespace vanishing_attention
