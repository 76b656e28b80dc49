#pragma once

#include "net/server/aside.h"

namespace snapgate::api {

// Where the steps of a list or of another question are made. Those of one that searches look at
// thousands of objects each and may show none: beside a few such clients, nobody else on the
// connection's thread would be answered in time. To hand a step over costs some ten microseconds,
// too much for one that only copies.
template <class Question>
net::Where where_made(const Question& question) {
    return question.searches() ? net::Where::kAside : net::Where::kHere;
}

}  // namespace snapgate::api
