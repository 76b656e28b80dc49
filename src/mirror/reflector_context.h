#pragma once

#include <memory>
#include <string>

#include "cluster/reflected_kind.h"
#include "connect/connection_source.h"
#include "mirror/live_session.h"
#include "mirror/object_sink.h"
#include "mirror/reflector_times.h"
#include "mirror/skipped_objects.h"

namespace snapgate::mirror {

// What the coroutines of one reflector share (reflector.h). Used on its thread, but for the
// session, which has its own rule. It outlives those who use it.
struct ReflectorContext {
    const std::string cluster;  // its name, for the log
    const std::string server;   // this server's id, for passed_servers.h
    const cluster::ReflectedKind& kind;
    const ReflectorTimes times;
    ObjectSink& sink;
    // How the cluster is reached from the next connection on.
    std::shared_ptr<connect::ConnectionSource> source;
    SkippedObjects skipped;
    LiveSession session;

    // The path of the kind's objects, in the version that the cluster serves.
    std::string path() const;
};

}  // namespace snapgate::mirror
