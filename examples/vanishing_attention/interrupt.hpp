#pragma once

namespace vanishing_attention {

/// From here on, Ctrl-C (and a polite kill) asks the runs to end after their step instead of ending the program; a
/// second one ends it at once.
void catch_interrupts();
/// Whether one came.
bool interrupted();

}  // namespace vanishing_attention
