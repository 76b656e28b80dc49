#pragma once

namespace snapgate::api {

// The two ways in which answers are worded: as Palette words them, which the admin routes share,
// and as a Kubernetes API server does, below /clusters/{uid}.
enum class Side { kPalette, kKubernetes };

}  // namespace snapgate::api
