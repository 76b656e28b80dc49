#pragma once

#include <string>

namespace snapgate::replica {

// Names the network that this process is in: two processes have the same name where a connection to
// loopback of the one can reach the other. It is made of the kernel's start and its network
// namespace, so that containers differ that have networks of their own. Where the kernel does not
// tell, it is another one at each call, which is nobody's. Reads two small files. Any thread.
std::string this_network();

}  // namespace snapgate::replica
