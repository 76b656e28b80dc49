#pragma once

namespace snapgate::base {

// Keeps the process's memory, which holds keys and credentials, out of core dumps, and away from
// processes of the same user that would read it (ptrace, /proc/PID/mem); root still may. Programs
// that the process starts are not affected, but for the limit of zero bytes. Under a sanitizer only
// the limit is set: the leak check traces the process.
void forbid_core_dumps();

}  // namespace snapgate::base
