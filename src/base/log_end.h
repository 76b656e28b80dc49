#pragma once

namespace snapgate::base::log {

// For a process that is about to end by _exit(): writes the queued lines, for at most a second, as
// the end of a Background does. Later lines are written at once. Any thread that writes no log
// itself.
void write_queued();

}  // namespace snapgate::base::log
