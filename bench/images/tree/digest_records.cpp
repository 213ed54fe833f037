#include "bench/images/tree/digest_records.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "bench/images/build/sha256.h"

namespace bench {

namespace {

constexpr const char* kLostAndFound = "/lost+found";

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

bool as_mke2fs_makes_it(const DigestRecord& record) {
  return record.mode == (S_IFDIR | 0700) && record.uid == 0 && record.gid == 0 && record.xattrs.empty();
}

}  // namespace

void DigestRecords::add(const DigestRecord& record) {
  std::string text = "/" + record.path;
  text += '\0';
  text += fmt::format("{:o}", record.mode);
  text += '\0';
  text += fmt::format("{}:{}", record.uid, record.gid);
  text += '\0';
  text += record.inside;
  text += '\0';
  for (const auto& [name, value] : record.xattrs) {
    text += name;
    text += '\0';
    text += hexadecimal(value);
    text += '\0';
  }
  text += '\0';
  if ("/" + record.path == kLostAndFound && as_mke2fs_makes_it(record)) {
    lost_and_found_ = text;
  } else {
    records_.emplace_back("/" + record.path, text);
  }
}

TreeDigest DigestRecords::result() {
  const std::string below = std::string(kLostAndFound) + "/";
  const bool filled = std::any_of(records_.begin(), records_.end(),
                                  [&below](const auto& record) { return record.first.starts_with(below); });
  if (filled && !lost_and_found_.empty()) records_.emplace_back(kLostAndFound, lost_and_found_);
  std::sort(records_.begin(), records_.end());
  Sha256 sum;
  for (const auto& [path, text] : records_) sum.add(text);
  return {sum.hex(), static_cast<std::int64_t>(records_.size()), bytes_};
}

}  // namespace bench
