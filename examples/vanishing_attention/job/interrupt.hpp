#pragma once

namespace vanishing_attention {

/// From this call on, Ctrl-C (SIGINT) or SIGTERM no longer ends the program, but makes interrupted() return true. A
/// second signal ends the program at once.
void catch_interrupts();

/// Returns true if one of these signals has come.
bool interrupted();

}  // namespace vanishing_attention
