#pragma once

namespace snapgate::base {

// The calling thread is shown under this name, by `top -H` for one. At most 15 characters.
void name_this_thread(const char* name);

// From now on the calling thread gets the processor after the threads that answer requests, where
// both want it. It must hold no lock for long that such a thread waits for. An unprivileged process
// cannot take it back.
void run_this_thread_behind_requests();

}  // namespace snapgate::base
