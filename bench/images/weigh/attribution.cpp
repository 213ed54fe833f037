#include "bench/images/weigh/attribution.h"

#include <algorithm>
#include <array>
#include <optional>

namespace bench {

namespace {

struct Place {
  std::string_view prefix;
  Category category;
};

/// `prefix` itself or anything below it.
bool below(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

template <std::size_t Count>
std::optional<Category> look_up(std::string_view path, const std::array<Place, Count>& places) {
  for (const auto& place : places) {
    if (below(path, place.prefix)) return place.category;
  }
  return std::nullopt;
}

/// Decided by the place, whatever the package.
constexpr std::array<Place, 36> kSure = {{
    {"opt/bench/busybox", Category::kInit},
    {"opt/bench/init", Category::kInit},
    {"opt/bench/full-run", Category::kInit},
    {"lost+found", Category::kFilesystem},
    {"boot/efi", Category::kFirmware},
    {"boot/grub", Category::kFirmware},
    {"boot", Category::kKernel},
    {"usr/lib/modules", Category::kModules},
    {"usr/lib/firmware", Category::kFirmware},
    {"usr/lib/systemd/boot", Category::kFirmware},
    {"usr/lib/grub", Category::kFirmware},
    {"usr/share/doc", Category::kDocs},
    {"usr/share/doc-base", Category::kDocs},
    {"usr/share/man", Category::kDocs},
    {"usr/share/info", Category::kDocs},
    {"usr/share/locale", Category::kDocs},
    {"usr/share/i18n", Category::kDocs},
    {"usr/share/lintian", Category::kDocs},
    {"usr/share/bug", Category::kDocs},
    {"usr/share/help", Category::kDocs},
    {"usr/share/gtk-doc", Category::kDocs},
    {"usr/lib/locale/locale-archive", Category::kDocs},
    {"usr/local/share/man", Category::kDocs},
    {"var/cache/man", Category::kDocs},
    {"var/lib/dpkg", Category::kPackages},
    {"var/lib/apt", Category::kPackages},
    {"var/cache/apt", Category::kPackages},
    {"var/cache/debconf", Category::kPackages},
    {"var/log/apt", Category::kPackages},
    {"usr/lib/apk", Category::kPackages},
    {"etc/apk", Category::kPackages},
    {"var/cache/apk", Category::kPackages},
    {"usr/lib/sysimage/rpm", Category::kPackages},
    {"var/lib/rpm", Category::kPackages},
    {"var/lib/dnf", Category::kPackages},
    {"var/cache/dnf", Category::kPackages},
}};

/// For what no package has: made when packages were installed, or put there by pip.
constexpr std::array<Place, 22> kLikely = {{
    {"usr/lib/python3/dist-packages", Category::kDependencies},
    {"usr/lib/python3", Category::kPython},
    {"etc/python3", Category::kPython},
    {"etc/systemd", Category::kInit},
    {"etc/dbus-1", Category::kInit},
    {"etc/udev", Category::kInit},
    {"etc/initramfs-tools", Category::kInit},
    {"etc/machine-id", Category::kInit},
    {"usr/lib/systemd", Category::kInit},
    {"usr/lib/udev", Category::kInit},
    {"usr/share/initramfs-tools", Category::kInit},
    {"var/lib/systemd", Category::kInit},
    {"var/lib/initramfs-tools", Category::kInit},
    {"var/lib/dbus", Category::kInit},
    {"var/log", Category::kBase},
    {"var", Category::kBase},
    {"etc", Category::kBase},
    {"usr/lib/locale", Category::kBase},
    {"usr/share/zoneinfo", Category::kBase},
    {"usr/share/ca-certificates", Category::kBase},
    {"root", Category::kBase},
    {"home", Category::kBase},
}};

bool is_of_the_skeleton(std::string_view path) {
  constexpr std::array<std::string_view, 24> kSkeleton = {
      "",     "dev",       "etc",     "home",     "media",     "mnt",       "opt",        "proc",
      "root", "run",       "srv",     "sys",      "tmp",       "usr",       "var",        "usr/bin",
      "boot", "usr/share", "usr/lib", "usr/sbin", "usr/lib32", "usr/lib64", "usr/libx32", "usr/libexec"};
  return std::find(kSkeleton.begin(), kSkeleton.end(), path) != kSkeleton.end();
}

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  for (const auto one : names) {
    if (name == one || name.starts_with(std::string(one) + "-")) return true;
  }
  return false;
}

/// A registry's Python lives in /usr/local, without a package.
std::optional<Category> local_python(std::string_view path) {
  constexpr std::string_view kLib = "usr/local/lib/";
  if (path.starts_with(kLib)) {
    const std::string_view rest = path.substr(kLib.size());
    for (const std::string_view packages : {"/site-packages/", "/dist-packages/"}) {
      const auto at = rest.find(packages);
      if (!rest.starts_with("python3") || at == std::string_view::npos) continue;
      const std::string_view name = rest.substr(at + packages.size());
      const bool own = is_any(name.substr(0, name.find('/')), {"pip", "setuptools", "wheel", "pkg_resources",
                                                               "_distutils_hack", "README.txt"});
      return own ? Category::kPython : Category::kDependencies;
    }
    if (rest.starts_with("python") || rest.starts_with("libpython") || rest.starts_with("pkgconfig")) {
      return Category::kPython;
    }
  }
  if (path.starts_with("usr/local/include/python")) return Category::kPython;
  constexpr std::string_view kBin = "usr/local/bin/";
  if (path.starts_with(kBin)) {
    const std::string_view name = path.substr(kBin.size());
    for (const std::string_view program : {"python", "pip", "idle", "pydoc", "2to3", "wheel"}) {
      if (name.starts_with(program)) return Category::kPython;
    }
    return Category::kDependencies;  // console scripts
  }
  return std::nullopt;
}

/// "dir/__pycache__/x.cpython-311.pyc" → "dir/x.py".
std::optional<std::string> source_of(std::string_view path) {
  constexpr std::string_view kCache = "/__pycache__";
  const auto at = path.rfind(kCache);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string directory(path.substr(0, at));
  const std::string_view file = path.substr(std::min(path.size(), at + kCache.size() + 1));
  if (file.empty()) return directory;
  return directory + "/" + std::string(file.substr(0, file.find('.'))) + ".py";
}

}  // namespace

Category Attribution::of(std::string_view raw) const {
  const std::string path = plain_path(raw);
  if (path == "boot") return Category::kBase;  // every system has the directory, also one without a kernel
  if (const auto sure = look_up(path, kSure)) return *sure;
  const Category* package = packages_.of_path(path);
  if (package != nullptr) return *package;
  if (app_files_.contains(path)) return Category::kApp;
  if (const auto source = source_of(path)) {
    if (const Category* of_source = packages_.of_path(*source)) return *of_source;
    if (const Category* of_directory = packages_.of_path(source->substr(0, source->rfind('/')))) {
      return *of_directory;
    }
  }
  if (const auto local = local_python(path)) return *local;
  if (path.starts_with("usr/lib/python3.")) return Category::kPython;
  if (const auto likely = look_up(path, kLikely)) return *likely;
  // The skeleton that every system has, down to the mount points, is of no package where no base-files is.
  if (is_of_the_skeleton(path)) return Category::kBase;
  return Category::kOther;
}

}  // namespace bench
