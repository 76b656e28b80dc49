#pragma once

#include <chrono>

#include "cluster/reflected_kind.h"

namespace snapgate::mirror {

// The rhythm of a reflector: client-go's numbers where client-go has them.
struct ReflectorTimes {
    std::chrono::milliseconds backoff_first;
    std::chrono::milliseconds backoff_most;
    std::chrono::milliseconds quiet;   // after which the backoff begins anew
    std::chrono::milliseconds absent;  // the least pause after the cluster does not serve the kind
    std::chrono::milliseconds answer;  // the longest wait for the head of an answer
    std::chrono::milliseconds list_silence;  // and for the next byte of a list
    // Of a silent watch: after which the cluster is asked for its version, how long that may take,
    // and after which the watch is opened again.
    std::chrono::milliseconds probe;
    std::chrono::milliseconds probe_answer;
    std::chrono::milliseconds renew;
    // Of any watch: after which, since its last answer, the cluster is asked for its version.
    std::chrono::milliseconds unasked;
    std::chrono::milliseconds lost;     // without touch: the mirror is compared then
    std::chrono::milliseconds explain;  // how long events may take to explain a difference
    std::chrono::milliseconds brief;    // a watch that ends sooner was of no use
    std::chrono::milliseconds reopens;  // the next watch is open within, as a rule
    std::chrono::milliseconds check;    // about how often the mirror is compared with the cluster
    std::chrono::milliseconds check_patience;  // for the watch to reach a compared list's version

    // Of a mirror of this kind. The snapshots of a cluster tell at once that the cluster is away or
    // was given KubeVirt; its other kinds are asked less often, since at rest these questions are
    // most of what a server with many clusters does.
    static ReflectorTimes of(const cluster::ReflectedKind& kind);
};

}  // namespace snapgate::mirror
