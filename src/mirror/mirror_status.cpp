#include "mirror/mirror_status.h"

namespace snapgate::mirror {

std::string_view to_text(MirrorState state) {
    switch (state) {
        case MirrorState::kPending:
            return "Pending";
        case MirrorState::kSyncing:
            return "Syncing";
        case MirrorState::kReady:
            return "Ready";
        case MirrorState::kUnreachable:
            return "Unreachable";
        case MirrorState::kUnauthorized:
            return "Unauthorized";
        case MirrorState::kForbidden:
            return "Forbidden";
        case MirrorState::kNotInstalled:
            return "NotInstalled";
        case MirrorState::kFailing:
            break;
    }
    return "Failing";
}

std::string describe_briefly(const MirrorStatus& status) {
    std::string text(to_text(status.state));
    if (!status.reason.empty()) text += " (" + status.reason + ")";
    return text;
}

std::string describe(const MirrorStatus& status) {
    std::string text = describe_briefly(status);
    if (!status.message.empty()) text += ": " + status.message;
    return text;
}

}  // namespace snapgate::mirror
