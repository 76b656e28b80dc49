#pragma once

namespace snapgate::app {

// `snapgate serve`: runs the server until SIGTERM or SIGINT. `argv` are the arguments after
// "serve". Returns the exit code: 0 after an orderly end, 1 if it could not start, 2 for a wrong
// flag.
int serve(int argc, char** argv);

}  // namespace snapgate::app
