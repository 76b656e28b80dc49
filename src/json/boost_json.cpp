// Boost.JSON is compiled here, once, with the project's own flags, so that the sanitizers see into
// it.
#include <boost/json/src.hpp>
