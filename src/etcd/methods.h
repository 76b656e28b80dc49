#pragma once

// The methods of etcd's API, as rpc.proto names them.
namespace snapgate::etcd::method {

inline constexpr const char* kRange = "/etcdserverpb.KV/Range";
inline constexpr const char* kTxn = "/etcdserverpb.KV/Txn";
inline constexpr const char* kWatch = "/etcdserverpb.Watch/Watch";
inline constexpr const char* kLeaseGrant = "/etcdserverpb.Lease/LeaseGrant";
inline constexpr const char* kLeaseRevoke = "/etcdserverpb.Lease/LeaseRevoke";
inline constexpr const char* kLeaseKeepAlive = "/etcdserverpb.Lease/LeaseKeepAlive";
inline constexpr const char* kAuthenticate = "/etcdserverpb.Auth/Authenticate";

}  // namespace snapgate::etcd::method
