#pragma once
// What core declares for people: titles and descriptions of channels, columns, scalars, options, methods.
// Core knows no translation; its English is looked up here, in the context "core", wherever it is shown.

#include <QCoreApplication>
#include <QString>
#include <string>

namespace anchorscope {

inline QString declaredText(const std::string& english) {
  return english.empty() ? QString() : QCoreApplication::translate("core", english.c_str());
}

/// Its title; where it was declared without one its name, which is the same in every language.
template <typename Declared>
QString declaredTitle(const Declared& declared) {
  return declared.title.empty() ? QString::fromStdString(declared.name) : declaredText(declared.title);
}

}  // namespace anchorscope
