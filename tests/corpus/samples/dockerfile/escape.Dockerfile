# escape=`
FROM mcr.example.org/windows
RUN dir C:\ `
  && dir D:\
